//! Brings copies there where they are too old: one refresh of a user at a time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::super::per_user::PerUser;
use super::known::{Known, OfUser, Writing};
use super::wire::{self, Brought, Whose, digest};
use crate::deployment::{Client, Deadline};
use crate::error::Error;

/// How long main may take where there are copies to go on with.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long main isn't asked again after it could not be.
const PAUSE: Duration = Duration::from_secs(5);

/// What is known of the copies on users' deployments.
#[derive(Debug)]
pub(crate) struct Copies {
    /// Main, called with its deploy key.
    main: Client,
    /// How old copies may be before a call that reads them.
    max_age: Duration,
    users: PerUser<OfUser>,
}

/// Why copies could not be brought.
pub(crate) enum Failed {
    /// Main could not be asked, and there are none.
    Main(Error),
    /// The user's deployment doesn't take them.
    User(Error),
}

impl Copies {
    /// Of about `capacity` users.
    pub(crate) fn new(main: Client, max_age: Duration, capacity: usize) -> Self {
        Self {
            main,
            max_age,
            users: PerUser::new(capacity),
        }
    }

    /// Notes, once it is dropped, that a call to main may have changed what the user's
    /// copies are of.
    pub(crate) fn writing(&self, user: &str) -> Writing {
        Writing::new(self.users.of(user))
    }

    /// The user's subject, if this process has brought copies of theirs.
    pub(crate) fn subject(&self, user: &str) -> Option<String> {
        self.users.of(user).subject.get().cloned()
    }

    /// How old the user's copies are once they are as current as they are to be. One
    /// refresh of a user at a time: the others wait for it.
    pub(crate) async fn refresh(
        &self,
        whose: Whose<'_>,
        deadline: Deadline,
    ) -> Result<Duration, Failed> {
        let of = self.users.of(whose.user);
        let mut known = of.known.lock().await;
        let known: &mut Option<Known> = &mut known;
        if known
            .as_ref()
            .is_some_and(|k| k.fingerprint != whose.fingerprint)
        {
            *known = None;
        }
        let writes = of.writes();
        let begun = Instant::now();
        if let Some(known) = known {
            let is_current = known.writes == writes && known.read.elapsed() < self.max_age;
            let is_hopeless = known.failed.is_some_and(|failed| failed.elapsed() < PAUSE);
            if is_current || is_hopeless {
                return Ok(known.read.elapsed());
            }
        }
        // What another process has brought there; with it, whether the deployment is the
        // user's: nothing is sent to one that isn't.
        let (brought, there) = match known {
            Some(known) => {
                let brought = self.read(whose, patient(deadline)).await;
                (brought, known.digest.clone().map(|digest| (digest, None)))
            }
            None => {
                let state = wire::state(whose.client, whose.subject, deadline);
                let state = state.await.map_err(Failed::User)?;
                let deadline = match &state {
                    Some(_) => patient(deadline),
                    None => deadline,
                };
                let brought = self.read(whose, deadline).await;
                (brought, state.map(|state| (state.digest, Some(state.at))))
            }
        };
        let brought = match brought {
            Ok(brought) => brought,
            Err(error) => return stale(known, there, whose, error),
        };
        let digest = digest(&brought.tables);
        let is_there = there.is_some_and(|(there, _)| there == digest);
        let mut written = Some(digest.clone());
        if !is_there {
            let answer = wire::write(whose, &brought, &digest, deadline).await;
            // What is there then is later, and another's.
            if answer.map_err(Failed::User)? == wire::Written::Older {
                written = None;
            }
        }
        of.subject.get_or_init(|| whose.subject.to_owned());
        *known = Some(Known {
            fingerprint: whose.fingerprint,
            read: begun,
            digest: written,
            writes,
            failed: None,
        });
        Ok(begun.elapsed())
    }

    async fn read(&self, whose: Whose<'_>, deadline: Deadline) -> Result<Brought, Error> {
        wire::read(&self.main, whose.user, whose.subject, deadline).await
    }
}

/// What of the time main may take where there is something to go on with.
fn patient(deadline: Deadline) -> Deadline {
    Deadline::after(PATIENCE.min(deadline.left()))
}

/// Goes on with the copies that are there, where main can't be asked.
fn stale(
    known: &mut Option<Known>,
    there: Option<(String, Option<f64>)>,
    whose: Whose<'_>,
    error: Error,
) -> Result<Duration, Failed> {
    let user = whose.user;
    let read = match (&known, there) {
        (Some(known), _) => known.read,
        (None, Some((_, Some(at)))) => before(at),
        (None, _) => return Err(Failed::Main(error)),
    };
    let age = read.elapsed();
    tracing::warn!(
        ?user,
        reason = %error,
        age = ?age,
        "main fails: the user's copies of its documents are used as they are"
    );
    let (digest, writes) = match known {
        Some(known) => (known.digest.take(), known.writes),
        None => (None, 0),
    };
    *known = Some(Known {
        fingerprint: whose.fingerprint,
        read,
        digest,
        writes,
        failed: Some(Instant::now()),
    });
    Ok(age)
}

/// The time on this clock that main's said, in milliseconds since 1970.
fn before(at: f64) -> Instant {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0.0, |now| now.as_secs_f64());
    let age = Duration::try_from_secs_f64(now - at / 1000.0).unwrap_or_default();
    let begun = Instant::now();
    begun.checked_sub(age).unwrap_or(begun)
}
