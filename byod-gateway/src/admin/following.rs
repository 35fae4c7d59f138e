//! Reads all users' records while somebody looks, and follows how they change.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use byod_fleet::{Row, Status};
use byod_runtime::{Byod, ChangedUsers, KeptRollout};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, sleep_until};

use super::summary::Summary;

/// How long all that is known is kept when nobody looks any more.
const KEPT: Duration = Duration::from_secs(60);

/// How often changes are looked at.
const TICK: Duration = Duration::from_millis(500);

/// How many records are asked for at once.
const TOGETHER: usize = 16;

/// How many are at a tick. More than [`MANY`] waiting take longer so than all records do by pages.
const AT_A_TICK: usize = 200;
const MANY: usize = 1_000;

/// After how many more of a reading those who look are told, whatever the time.
const SEEN_AT_ONCE: usize = 1_000;

/// How often all are read again where main tells of changes, and where it doesn't; and after it failed.
const AGAIN: Duration = Duration::from_secs(600);
const UNTOLD: Duration = Duration::from_secs(60);
const FAILED: Duration = Duration::from_secs(5);

/// How long one waits whose record could not be read: at first, and at the most.
const UNREAD: (Duration, Duration) = (TICK, UNTOLD);

/// How far roll-outs are: nothing yet, or `None` of a main that doesn't say.
pub(super) type Rollouts = Option<Option<Arc<[KeptRollout]>>>;

/// What somebody who looks is shown, and told of.
#[derive(Clone)]
pub(super) struct Following(Arc<Followed>);

struct Followed {
    summary: Mutex<Summary>,
    revision: watch::Sender<u64>,
    rollouts: watch::Sender<Rollouts>,
    changed: broadcast::Sender<Arc<[String]>>,
    /// When somebody looked last.
    used: Mutex<Instant>,
}

/// The one that goes on, if one does.
#[derive(Default)]
pub(super) struct Present(Mutex<Option<(Following, JoinHandle<()>)>>);

impl Present {
    /// What is known of all users, of so many at the most, which is read from now on unless it is already.
    pub(super) fn get(&self, byod: &Byod, most: usize) -> Following {
        let mut present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((following, task)) = &*present
            && !task.is_finished()
        {
            following.use_it();
            return following.clone();
        }
        let following = Following(Arc::new(Followed {
            summary: Mutex::new(Summary::of(most)),
            revision: watch::Sender::new(0),
            rollouts: watch::Sender::new(None),
            changed: broadcast::Sender::new(64),
            used: Mutex::new(Instant::now()),
        }));
        let task = tokio::spawn(follow(byod.clone(), following.clone()));
        *present = Some((following.clone(), task));
        following
    }

    /// Lets go of what nobody has looked at for a while.
    fn is_over(following: &Following) -> bool {
        following.used().elapsed() > KEPT
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let present = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, task)) = present {
            task.abort();
        }
    }
}

impl Following {
    pub(super) fn summary(&self) -> MutexGuard<'_, Summary> {
        let summary = &self.0.summary;
        summary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that somebody looks.
    pub(super) fn use_it(&self) {
        *self.used() = Instant::now();
    }

    fn used(&self) -> MutexGuard<'_, Instant> {
        self.0.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears of every change of the summary.
    pub(super) fn revision(&self) -> watch::Receiver<u64> {
        self.0.revision.subscribe()
    }

    pub(super) fn rollouts(&self) -> watch::Receiver<Rollouts> {
        self.0.rollouts.subscribe()
    }

    /// Hears whose records have changed.
    pub(super) fn changed(&self) -> broadcast::Receiver<Arc<[String]>> {
        self.0.changed.subscribe()
    }

    /// Tells those who look of what is new in the summary.
    fn tell(&self) {
        let revision = self.summary().revision();
        self.0.revision.send_if_modified(|known| {
            let is_new = *known != revision;
            *known = revision;
            is_new
        });
    }

    /// Reads all records.
    async fn read(&self, byod: &Byod) -> Result<(), byod_fleet::Error> {
        self.summary().begin();
        let (all, mut count) = (Status::default(), 0);
        let read = all.read(byod, |row| {
            if let Some(row) = row {
                self.summary().put(row.clone());
            }
            // Who has just come sees the first ones at once.
            if count % SEEN_AT_ONCE == 0 {
                self.tell();
            }
            count += 1;
        });
        read.await.map(drop)
    }

    /// Reads the records of those whose turn it is.
    async fn read_some(&self, byod: &Byod, waiting: &mut Waiting) {
        let read = stream::iter(waiting.take(Instant::now())).map(async |user| {
            let record = byod.user_record(user.as_str()).await;
            (user, record)
        });
        let read: Vec<_> = read.buffer_unordered(TOGETHER).collect().await;
        let mut changed = Vec::new();
        for (user, record) in read {
            match record {
                Ok(Some(record)) => self.summary().put(Row::from(record)),
                Ok(None) => self.summary().remove(&user),
                Err(error) => {
                    tracing::debug!(%error, "a record that has changed could not be read");
                    waiting.put_off(user, Instant::now());
                    continue;
                }
            }
            waiting.is_read(&user);
            changed.push(user);
        }
        if !changed.is_empty() {
            // Nobody may look just now.
            let _ = self.0.changed.send(changed.into());
        }
    }
}

/// Users whose records are to be read again, those first that have waited longest.
#[derive(Default)]
struct Waiting {
    order: VecDeque<String>,
    known: BTreeSet<String>,
    /// Those whose records could not be read: until when they wait for another time, and how long that is.
    unread: BTreeMap<String, (Instant, Duration)>,
    /// So many that all are read.
    all: bool,
}

impl Waiting {
    fn add(&mut self, users: impl IntoIterator<Item = String>) {
        for user in users {
            if self.known.insert(user.clone()) {
                self.order.push_back(user);
            }
        }
        if self.order.len() > MANY {
            self.add_all();
        }
    }

    fn add_all(&mut self) {
        *self = Self {
            all: true,
            ..Self::default()
        };
    }

    /// One whose record could not be read waits, each time twice as long.
    fn put_off(&mut self, user: String, now: Instant) {
        let (first, longest) = UNREAD;
        let before = self.unread.get(&user);
        let pause = before.map_or(first, |(_, pause)| (*pause * 2).min(longest));
        self.unread.insert(user, (now + pause, pause));
    }

    fn is_read(&mut self, user: &str) {
        self.unread.remove(user);
    }

    fn take(&mut self, now: Instant) -> Vec<String> {
        let due = self.unread.iter().filter(|(_, (until, _))| *until <= now);
        let due: Vec<String> = due.map(|(user, _)| user.clone()).collect();
        self.add(due);
        let count = self.order.len().min(AT_A_TICK);
        let users: Vec<String> = self.order.drain(..count).collect();
        for user in &users {
            self.known.remove(user);
        }
        users
    }
}

type Reading<'a> = Pin<Box<dyn Future<Output = Result<(), byod_fleet::Error>> + Send + 'a>>;

/// Goes on until nobody has looked for a while.
async fn follow(byod: Byod, following: Following) {
    // Before anything is read, so that nothing that changes meanwhile is missed.
    let mut changes = byod.changed_users();
    let mut rollouts = pin!(byod.watch_rollouts());
    let mut tick = interval(TICK);
    let mut waiting = Waiting::default();
    let mut reading: Option<Reading<'_>> = Some(Box::pin(following.read(&byod)));
    let mut again = Instant::now();
    loop {
        let next = async {
            match &mut reading {
                Some(reading) => reading.await,
                None => {
                    sleep_until(again).await;
                    Ok(())
                }
            }
        };
        tokio::select! {
            ended = next => {
                if reading.take().is_none() {
                    waiting.add_all();
                    again = Instant::now() + FAILED;
                    continue;
                }
                let pause = match ended {
                    Ok(()) => {
                        following.summary().complete();
                        if changes.is_told() { AGAIN } else { UNTOLD }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the operator's page can't read the users' records");
                        following.summary().fail(error.to_string());
                        FAILED
                    }
                };
                again = Instant::now() + pause;
                following.tell();
            }
            changed = changes.next() => match changed {
                Some(ChangedUsers::Some(users)) => {
                    waiting.add(users.iter().map(|user| user.as_str().to_owned()));
                }
                Some(_) => waiting.add_all(),
                None => return,
            },
            Some(told) = rollouts.next() => {
                following.0.rollouts.send_replace(Some(told.map(Into::into)));
            }
            _ = tick.tick() => {
                following.tell();
                if reading.is_none() {
                    if std::mem::take(&mut waiting.all) {
                        reading = Some(Box::pin(following.read(&byod)));
                    }
                    following.read_some(&byod, &mut waiting).await;
                }
                if Present::is_over(&following) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_can_not_be_read_is_asked_for_less_and_less_often() {
        let mut waiting = Waiting::default();
        waiting.add(["broken".to_owned(), "sound".to_owned()]);
        let (begun, mut now) = (Instant::now(), Instant::now());
        let mut asked = 0;
        while now < begun + Duration::from_secs(600) {
            for user in waiting.take(now) {
                match &*user {
                    "broken" => {
                        asked += 1;
                        waiting.put_off(user, now);
                    }
                    sound => waiting.is_read(sound),
                }
            }
            now += TICK;
        }
        // After 0.5, 1, 2, … s, and then once a minute.
        assert_eq!(asked, 16);
        // What changes is asked for at once, and whose record can be read waits no more.
        waiting.add(["broken".to_owned()]);
        assert_eq!(waiting.take(now), ["broken"]);
        waiting.is_read("broken");
        assert!(waiting.take(now + AGAIN).is_empty());
    }
}
