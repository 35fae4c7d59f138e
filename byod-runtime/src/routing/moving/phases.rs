//! From phase to phase of a move, wherever it was left.

use std::time::{Duration, Instant};

use super::super::rollout::Rollout;
use super::super::service::Byod;
use super::at_once::AtOnce;
use super::calls::Calls;
use super::sides::Side;
use super::state::{self, Direction, MovePhase, Over, State};
use super::steps::{Again, Mover, Report, Stop};
use super::taken::Taken;
use super::wire::{Plan, difference};
use crate::deployment::Client;
use crate::error::{Error, is_without};
use crate::users::{ConnectionStatus, UserId};

/// How often main is asked to do what functions have left for it, before it is too much.
const ROUNDS: u32 = 600;

/// How a move ended.
pub(super) enum Ended {
    /// The other side answers. Whether what was moved is still where it was.
    Moved { report: Report, is_tidy: bool },
    /// Nothing of it is left.
    Cancelled,
}

impl Byod {
    /// Goes on with a move that this process sees to, until it is over.
    pub(super) async fn go_on(&self, user: &UserId, state: State) -> Result<Ended, Stop> {
        let held = state.clone();
        tokio::select! {
            biased;
            ended = self.go(user, state) => ended,
            () = state::lost(self.inner().store.main(), user, &held) => Err(Stop::Lost),
        }
    }

    async fn go(&self, user: &UserId, state: State) -> Result<Ended, Stop> {
        let mut mover = self.mover(user, state).await?;
        loop {
            match mover.state.phase {
                MovePhase::Check => {
                    let direction = mover.state.direction;
                    let (from, to) = (&mover.from, &mover.to);
                    self.check(from, to, &mover.plan, direction).await?;
                    mover.know_former().await?;
                    self.enter(&mut mover, MovePhase::Freeze).await?;
                    mover.frozen = Instant::now();
                }
                MovePhase::Freeze => self.enter(&mut mover, MovePhase::Copy).await?,
                MovePhase::Copy => {
                    mover.copy().await?;
                    self.enter(&mut mover, MovePhase::References).await?;
                }
                MovePhase::References => {
                    mover.references().await?;
                    self.enter(&mut mover, MovePhase::Verify).await?;
                }
                MovePhase::Verify => {
                    mover.settled(self.settling()).await?;
                    if mover.state.direction == Direction::Out {
                        self.deliver(&mover).await?;
                    }
                    mover.verify().await?;
                    self.enter(&mut mover, MovePhase::Tidy).await?;
                    mover.state.switched = Some(0.0);
                }
                MovePhase::Tidy => {
                    mover.forget_former().await?;
                    let is_tidy = self.tidy(&mut mover).await?;
                    let report = mover.report;
                    return Ok(Ended::Moved { report, is_tidy });
                }
                MovePhase::Cancel => {
                    let direction = mover.state.direction;
                    let again = mover.report.again;
                    let former = again.map(|again| again.over(direction, mover.report.round));
                    let gone = match again {
                        // Where it came to before, there is what was there then, or newer, and it is known.
                        Some(Again { back: false, .. }) => mover.keep_all().await,
                        // It was checked alone.
                        None if mover.state.frozen.is_none() => Ok(()),
                        _ => mover.clear().await,
                    };
                    match gone {
                        // Whose it isn't, or isn't any more, may remove nothing there.
                        Err(Stop::Failed(Error::Claim { .. })) => {}
                        gone => gone?,
                    }
                    self.end(&mover, former).await?;
                    return Ok(Ended::Cancelled);
                }
            }
        }
    }

    async fn mover(&self, user: &UserId, state: State) -> Result<Mover, Stop> {
        let (from, to) = self.sides(user, &state.subject, state.direction).await?;
        from.calls.allow(state.total as u64);
        let frozen = Duration::from_millis(state.frozen.unwrap_or_default() as u64);
        let report = Report::of_text(&state.report);
        let taken = Taken::new(state.direction, self.inner().most_moved_out);
        Ok(Mover {
            main: self.inner().store.main().clone(),
            user: user.clone(),
            plan: match state.phase {
                // What has come is known by its rows.
                MovePhase::Cancel => Plan::new(),
                _ => from.plan().await?,
            },
            from,
            to,
            taken: taken.with_files(report.files, report.file_bytes),
            report,
            frozen: Instant::now()
                .checked_sub(frozen)
                .unwrap_or_else(Instant::now),
            said: Instant::now(),
            state,
        })
    }

    /// Where what moves is, and where it comes to.
    pub(super) async fn sides(
        &self,
        user: &UserId,
        subject: &str,
        direction: Direction,
    ) -> Result<(Side, Side), Error> {
        let record = self.record(user).await?;
        let client = self.client(user, &record)?;
        let calls = Calls::new();
        let side = |client: Client, origin| Side {
            calls: calls.clone(),
            at_once: AtOnce::new(),
            client,
            user: user.clone(),
            subject: subject.to_owned(),
            origin,
        };
        let main = side(self.inner().store.main().clone(), None);
        let origin = client.url().to_owned();
        let users = side(client, Some(origin));
        Ok(match direction {
            Direction::In => (main, users),
            Direction::Out => (users, main),
        })
    }

    /// Whether it can be, before anything is refused to the user.
    async fn check(
        &self,
        from: &Side,
        to: &Side,
        plan: &Plan,
        direction: Direction,
    ) -> Result<(), Stop> {
        let subject = from.subject.as_str().into();
        // Whether what there is fits all the same, and isn't too much for main, its documents say.
        if direction == Direction::Out || !difference(plan, &to.plan().await?).is_empty() {
            let planned = self.planned(&from.user, &subject, direction).await?;
            if let Some(problem) = planned.problem {
                return Err(Stop::Impossible(problem));
            }
        }
        let rollouts = self.rollout();
        let mut tables = plan.iter().map(|(table, _)| table);
        if let Some(table) = tables.find(|table| rollouts.get(table) != Rollout::On) {
            return Err(Stop::Impossible(format!(
                "the rollout of `{table}` is not on, so its documents are on main"
            )));
        }
        let users = match direction {
            Direction::In => to,
            Direction::Out => from,
        };
        match self.claim_for(&users.client, &users.user, &subject).await? {
            Ok(_) => Ok(()),
            Err(problem) => Err(Stop::Impossible(problem.to_string())),
        }
    }

    /// How long after writes are refused all that was under way is over: nobody knows of other processes whether they hear
    /// of it, so each may send calls until it reads the record again.
    pub(super) fn settling(&self) -> Duration {
        let inner = self.inner();
        // What a deployment began with at the very end takes a while.
        inner.refresh_every + inner.limits.timeout.mul_f64(1.25)
    }

    /// Deletes what was moved where it was, when it is time; `false` where it stays for now.
    async fn tidy(&self, mover: &mut Mover) -> Result<bool, Stop> {
        let switched = mover.state.switched.unwrap_or_default();
        let is_due = mover.state.keep_for.is_some_and(|keep| keep <= switched);
        if !is_due
            || !self.answers_as_switched(mover).await?
            || !self.is_same_deployment(mover).await?
        {
            return Ok(false);
        }
        mover.report.deleting = true;
        self.enter(mover, MovePhase::Tidy).await?;
        for table in mover.tables().into_iter().rev() {
            mover.tidy(&table).await?;
            if !self.answers_as_switched(mover).await? {
                return Ok(false);
            }
        }
        mover.forget().await?;
        self.end(mover, None).await?;
        Ok(true)
    }

    /// What is to be known of a move that is over by the one that begins in its place, that way. `None` where it was of another
    /// deployment, or of another subject: then it is forgotten, and what is still where it was stays there.
    pub(super) async fn former(
        &self,
        user: &UserId,
        state: State,
        subject: &str,
        direction: Direction,
    ) -> Result<Option<Again>, Stop> {
        let is_theirs = state.subject == subject;
        let mut mover = self.mover(user, state).await?;
        mover.forget_former().await?;
        if !is_theirs || !self.is_same_deployment(&mover).await? {
            mover.forget().await?;
            self.end(&mover, None).await?;
            return Ok(None);
        }
        mover.know_again().await?;
        let own_answers = self.has_switched(user, Direction::In).await?;
        let Report {
            deleting,
            documents,
            ..
        } = mover.report;
        Ok(Some(Again {
            back: mover.state.direction != direction,
            // Nobody knows then of what is gone whether they have deleted it.
            stays: deleting || own_answers == (direction == Direction::In),
            anew: false,
            deleting,
            keep_for: mover.state.keep_for,
            documents,
        }))
    }

    /// Whether the user's deployment is the one that the move was of.
    pub(super) async fn is_of_deployment(
        &self,
        user: &UserId,
        state: State,
    ) -> Result<bool, Error> {
        let known = async {
            let mover = self.mover(user, state).await?;
            self.is_same_deployment(&mover).await
        };
        known.await.map_err(|stop| stop.into_error(user))
    }

    /// The same, of one under way: nobody has connected another since.
    async fn is_same_deployment(&self, mover: &Mover) -> Result<bool, Stop> {
        let record = self.record(&mover.user).await?;
        let tags = &record.credentials.auth_tags;
        Ok(mover.state.auth_tags.as_ref() == Some(tags) || mover.knows_deployment().await?)
    }

    /// Whether the side has the user's data that it came to: nobody has disconnected since, nor connected a deployment.
    async fn answers_as_switched(&self, mover: &Mover) -> Result<bool, Stop> {
        Ok(self
            .has_switched(&mover.user, mover.state.direction)
            .await?)
    }

    /// Whether the side answers that such a move comes to.
    pub(super) async fn has_switched(
        &self,
        user: &UserId,
        direction: Direction,
    ) -> Result<bool, Error> {
        let record = self.record(user).await?;
        Ok(record.connection_status
            == match direction {
                Direction::In => ConnectionStatus::Connected,
                Direction::Out => ConnectionStatus::Disconnected,
            })
    }

    /// Has main do what functions have left for it: once they are disconnected, nobody would.
    async fn deliver(&self, mover: &Mover) -> Result<(), Stop> {
        let subject = mover.from.subject.as_str().into();
        for _ in 0..ROUNDS {
            match self.apply_outbox_of(&mover.user, Some(&subject)).await {
                Ok(delivered) if delivered.more => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Ok(_) => return Ok(()),
                // Nothing is left for main where no function does that.
                Err(Error::Function { message, .. }) if is_without(&message, "byod/outbox:") => {
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Stop::Impossible(
            "functions have left more for main to do on the deployment than it takes at one time: ask again later"
                .to_owned(),
        ))
    }

    async fn enter(&self, mover: &mut Mover, next: MovePhase) -> Result<(), Stop> {
        let entered = mover.enter(next).await;
        // Whatever came of it: it may have been done.
        self.clear_user_client(&mover.user);
        self.tell_watchers(&mover.user).await;
        entered
    }

    async fn end(&self, mover: &Mover, former: Option<Over>) -> Result<(), Stop> {
        state::end(&mover.main, &mover.user, &mover.state, former).await?;
        self.clear_user_client(&mover.user);
        self.tell_watchers(&mover.user).await;
        Ok(())
    }

    /// Calls a move off, and removes what was copied; `false` where there is none, or the
    /// other side answers already.
    pub(super) async fn call_off(&self, user: &UserId, holder: &str) -> Result<bool, Error> {
        let main = self.inner().store.main();
        let Some(state) = state::cancel(main, user).await? else {
            return Ok(false);
        };
        self.clear_user_client(user);
        if state.phase != MovePhase::Cancel {
            return Ok(false);
        }
        match state::take(main, user, holder).await? {
            Some(state) if state.holder == holder => {
                match self.go_on(user, state.clone()).await {
                    // Somebody else removes it.
                    Ok(_) | Err(Stop::Lost) => Ok(true),
                    Err(stop) => {
                        // Whoever asks for it goes on at once.
                        state::release(main, user, &state).await;
                        Err(stop.into_error(user))
                    }
                }
            }
            _ => Ok(true),
        }
    }
}

impl Stop {
    pub(super) fn into_error(self, user: &UserId) -> Error {
        let not = |reason: String| Error::NotMoved {
            user: user.as_str().into(),
            reason: reason.into(),
        };
        match self {
            Self::Lost => not("it was called off, or another process sees to it".to_owned()),
            Self::Impossible(reason) => not(reason),
            Self::Failed(error) => error,
        }
    }
}
