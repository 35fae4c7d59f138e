//! What a service asks for, and is told.

use std::future::IntoFuture;
use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use tokio::time::{sleep, timeout};

use super::super::service::Byod;
use super::phases::Ended;
use super::planning::PlannedMove;
use super::state::{self, Asked, Begun, Direction, Former, MovePhase, Open, State};
use super::steps::{Report, Stop};
use super::told::MoveReport;
use crate::error::Error;
use crate::users::{ConnectionStatus, Subject, UserId};

/// How long what was moved stays where it was. By default seven days.
///
/// ```
/// use byod_runtime::{Byod, Error, KeepFor};
///
/// /// Leaves a copy on main.
/// async fn try_it(byod: &Byod, user_id: &str, subject: &str) -> Result<(), Error> {
///     byod.move_in(user_id, subject).keep(KeepFor::Good).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepFor {
    /// That long, then [`Byod::resume_moves`] deletes it.
    Time(Duration),
    /// Until the user's data moves again.
    Good,
}

impl Default for KeepFor {
    fn default() -> Self {
        Self::Time(Duration::from_secs(7 * 24 * 3600))
    }
}

impl KeepFor {
    fn time(self) -> Option<Duration> {
        match self {
            Self::Time(time) => Some(time),
            Self::Good => None,
        }
    }
}

/// A move that is asked for: awaited, it is done.
///
/// Whoever stops waiting stops it where it is; it goes on when it is asked for again, or by
/// [`Byod::resume_moves`].
///
/// ```
/// use byod_runtime::{Error, Move};
///
/// /// Moves what can be moved whole, and nothing else.
/// async fn all_or_nothing(asked: Move) -> Result<bool, Error> {
///     let planned = asked.plan().await?;
///     let is_whole = planned.tables.iter().all(|table| table.stays == 0);
///     if is_whole {
///         asked.await?;
///     }
///     Ok(is_whole)
/// }
/// ```
#[must_use = "a move begins when it is awaited"]
#[derive(Clone, Debug)]
pub struct Move {
    byod: Byod,
    user: UserId,
    subject: Subject,
    direction: Direction,
    keep: KeepFor,
    /// The record's status, where it may be no other.
    expected: Option<ConnectionStatus>,
}

/// What became of moves that nobody saw to.
///
/// ```
/// use byod_runtime::{Byod, Error, Resumed};
///
/// /// To be called every minute or so.
/// async fn sees_to_moves(byod: &Byod) -> Result<(), Error> {
///     let Resumed { ended, failed, .. } = byod.resume_moves().await?;
///     println!("{ended} moves are over, {failed} are tried again");
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resumed {
    /// How many are over, or tidied up.
    pub ended: u64,
    /// How many failed again.
    pub failed: u64,
}

/// How many moves are asked for at one time, of each phase.
const OPEN: u32 = 100;

/// How many are seen to at once.
const TOGETHER: usize = 32;

/// How long one of nothing is seen to by one of these calls, and how much longer for each document: a deployment may take as
/// long for each answer as it may.
const LONGEST: Duration = Duration::from_secs(600);
const EACH: Duration = Duration::from_millis(5);

/// How long a deployment gets to remove what was copied, before another takes its place.
const GIVING_UP: Duration = Duration::from_secs(60);

/// How often it is looked whether somebody else has removed it.
const LOOK: Duration = Duration::from_millis(200);

/// How long writes may have been refused before a move that fails is called off.
const FROZEN: Duration = Duration::from_secs(6 * 3_600);

impl Byod {
    /// Moves what the user has on main to their own deployment, which is connected or was:
    /// from then on it answers for all of it.
    ///
    /// Until that is done, what the user writes is [`Error::Moving`]; reads go on. A move can
    /// be cut off anywhere, and goes on where it was when it is asked for again, by this
    /// process or another. What can't be on the other side stays where it is, and the report
    /// says so; all else is there once, whatever fails. Nothing that is somebody else's moves.
    ///
    /// Needs `[user.move]` in `byod.toml`, and both projects exported with it.
    ///
    /// # Errors
    ///
    /// [`Error::NotMoved`] with the reason where it can't be, or was called off; [`Error::Claim`]
    /// where the deployment is somebody else's, or is by now; those of both deployments, where
    /// they fail for long: ask for it again then.
    ///
    /// ```
    /// # use byod_runtime::{Byod, Error};
    /// async fn bring_all(byod: &Byod) -> Result<(), Error> {
    ///     let report = byod.move_in("users-id", "subject").await?;
    ///     println!("{} documents moved, {} stayed", report.documents, report.kept);
    ///     Ok(())
    /// }
    /// ```
    pub fn move_in(&self, user: impl Into<UserId>, subject: impl Into<Subject>) -> Move {
        self.moving(user.into(), subject.into(), Direction::In)
    }

    /// Moves what the user has on their own deployment back to main, and disconnects it; one
    /// that was disconnected before as well. As [`move_in`](Self::move_in) otherwise.
    pub fn move_out(&self, user: impl Into<UserId>, subject: impl Into<Subject>) -> Move {
        self.moving(user.into(), subject.into(), Direction::Out)
    }

    fn moving(&self, user: UserId, subject: Subject, direction: Direction) -> Move {
        Move {
            byod: self.clone(),
            user,
            subject,
            direction,
            keep: KeepFor::default(),
            expected: None,
        }
    }

    /// Calls the user's move off: what was copied goes, and they may write again. `false`
    /// where there is none, or the other side answers already.
    pub async fn cancel_move(&self, user: impl Into<UserId>) -> Result<bool, Error> {
        let user = user.into();
        user.check()?;
        self.call_off(&user, &holder()).await
    }

    /// Which status the user's record had before the move, if there is one.
    pub(in super::super) async fn status_before_move(
        &self,
        user: &UserId,
    ) -> Result<Option<ConnectionStatus>, Error> {
        let state = state::get(self.inner().store.main(), user).await?;
        Ok(state.and_then(|state| state.before))
    }

    /// Does that, and waits until nothing of it is left, whoever removes it; but not for ever for a deployment that is gone.
    pub(in super::super) async fn give_up_move(&self, user: &UserId) -> Result<(), Error> {
        let gone = async {
            loop {
                self.call_off(user, &holder()).await?;
                let record = self.inner().store.get(user).await?;
                if !record.is_some_and(|record| record.has_called_off()) {
                    return Ok(());
                }
                sleep(LOOK).await;
            }
        };
        match timeout(GIVING_UP, gone).await {
            Ok(gone) => gone,
            Err(_) => Err(not_moved(user, "it takes very long".to_owned())),
        }
    }

    /// Goes on with moves that nobody sees to any more, and deletes what has stayed long
    /// enough where it was: to be called now and then.
    ///
    /// Some are seen to at once. One that takes very long, by a deployment that hardly answers, is left after ten minutes and
    /// 5 ms for each document, and goes on when this is called next. What is due is deleted only while the other side
    /// answers for the user: where they have disconnected since, or connected a deployment, it stays.
    ///
    /// Errors are those of main when it is asked which there are.
    pub async fn resume_moves(&self) -> Result<Resumed, Error> {
        let main = self.inner().store.main();
        let mut all = Vec::new();
        for phase in [
            MovePhase::Cancel,
            MovePhase::Verify,
            MovePhase::References,
            MovePhase::Copy,
            MovePhase::Freeze,
            MovePhase::Check,
            MovePhase::Tidy,
        ] {
            let open = state::open(main, phase, OPEN).await?;
            all.extend(open.into_iter().filter(|open| {
                let switched = open.state.switched.unwrap_or_default();
                let stays = phase == MovePhase::Tidy
                    && open.state.keep_for.is_none_or(|keep| keep > switched);
                open.state.held == 0.0 && !stays
            }));
        }
        let mut resumed = Resumed::default();
        // One after another, a single deployment could hold up everybody's.
        let mut went = stream::iter(all)
            .map(|open| self.resumed(open))
            .buffer_unordered(TOGETHER);
        while let Some(went) = went.next().await {
            match went {
                Ok(ended) => resumed.ended += u64::from(ended),
                Err(()) => resumed.failed += 1,
            }
        }
        Ok(resumed)
    }

    /// Goes on with one of them, if nobody else does; whether it is over by that.
    async fn resumed(&self, open: Open) -> Result<bool, ()> {
        let user = UserId::from(open.user);
        let went = self.taken_up(&user).await;
        went.map_err(|error| tracing::warn!(?user, %error, "a user's data could not be moved"))
    }

    async fn taken_up(&self, user: &UserId) -> Result<bool, Error> {
        let (main, holder) = (self.inner().store.main(), holder());
        let state = match state::take(main, user, &holder).await? {
            Some(state) if state.holder == holder => state,
            _ => return Ok(false),
        };
        let held = state.clone();
        let longest = LONGEST.saturating_add(EACH * (state.total as u32));
        let went = match timeout(longest, self.seen_to(user, state)).await {
            Ok(went) => went,
            Err(_) => {
                state::release(main, user, &held).await;
                let reason = "its deployments take very long: it goes on later".to_owned();
                Err(not_moved(user, reason))
            }
        };
        let frozen = Duration::from_millis(held.frozen.unwrap_or_default() as u64);
        let is_before = !matches!(held.phase, MovePhase::Tidy | MovePhase::Cancel);
        if went.is_err() && is_before && frozen > FROZEN {
            // A deployment that is gone, or hardly answers, would refuse its user's writes for ever.
            self.give_up_move(user).await?;
        }
        let stays = matches!(went?, Ended::Moved { is_tidy: false, .. });
        Ok(!stays || held.phase != MovePhase::Tidy)
    }

    /// Goes on with a move of this holder's; one that can't be is called off.
    async fn seen_to(&self, user: &UserId, state: State) -> Result<Ended, Error> {
        let held = state.clone();
        let went = self.go_on(user, state).await;
        // One of a deployment that isn't the user's any more would wait for ever for it to be.
        let cannot_be = matches!(
            &went,
            Err(Stop::Impossible(_) | Stop::Failed(Error::Claim { .. }))
        );
        let called_off = match cannot_be && held.phase != MovePhase::Cancel {
            true => self.call_off(user, &held.holder).await.map(|_| ()),
            false => Ok(()),
        };
        let is_over = matches!(
            &went,
            Ok(Ended::Cancelled | Ended::Moved { is_tidy: true, .. })
        );
        if !is_over {
            // Whoever asks for it goes on at once.
            state::release(self.inner().store.main(), user, &held).await;
        }
        called_off?;
        went.map_err(|stop| stop.into_error(user))
    }
}

impl Move {
    /// How long what was moved stays where it was. Default: seven days.
    pub fn keep(mut self, keep: KeepFor) -> Self {
        self.keep = keep;
        self
    }

    /// Only where the record has that status when it begins.
    pub(crate) fn expecting(mut self, status: ConnectionStatus) -> Self {
        self.expected = Some(status);
        self
    }

    /// What it would do: nothing is written, and nobody is kept from writing.
    pub async fn plan(&self) -> Result<PlannedMove, Error> {
        self.user.check()?;
        self.subject.check()?;
        let (user, subject) = (&self.user, &self.subject);
        self.byod.planned(user, subject, self.direction).await
    }

    /// The move that there is then: a new one, one that is under way, or the one that begins `again`.
    async fn begun(&self, again: Option<&Former<'_>>, holder: &str) -> Result<State, Error> {
        let main = self.byod.inner().store.main();
        let asked = Asked {
            subject: self.subject.as_str(),
            direction: self.direction,
            keep_for: self.keep.time(),
            expected: self.expected.as_ref(),
            again,
        };
        let begun = state::begin(main, &self.user, asked, holder);
        match begun.await? {
            Begun::Move(state) => Ok(*state),
            Begun::Not(reason) => Err(not_moved(&self.user, reason)),
        }
    }

    /// Goes on with one that is over: to where it came before, if the side that it came from answers again, or back. `None`
    /// where it was forgotten instead.
    async fn former(&self, state: State, holder: &str) -> Result<Option<State>, Error> {
        let (byod, user) = (&self.byod, &self.user);
        let held = state.clone();
        let again = async {
            let (subject, direction) = (self.subject.as_str(), self.direction);
            let former = byod.former(user, state, subject, direction).await;
            let Some(again) = former.map_err(|stop| stop.into_error(user))? else {
                return Ok(None);
            };
            let report = Report {
                again: Some(again),
                round: Report::of_text(&held.report).round,
                ..Report::default()
            };
            let former = Former {
                id: &held.id,
                report: report.to_text(),
            };
            self.begun(Some(&former), holder).await.map(Some)
        };
        let again: Result<_, Error> = again.await;
        if again.is_err() {
            state::release(byod.inner().store.main(), user, &held).await;
        }
        let is_under_way =
            |again: &State| again.phase == MovePhase::Check && again.holder == holder;
        Ok(again?.filter(is_under_way))
    }

    /// Whether it is this one, and has switched: the side answers that it came to, of the deployment that it was of.
    async fn is_over(&self, state: &State) -> Result<bool, Error> {
        let (byod, user) = (&self.byod, &self.user);
        Ok(state.phase == MovePhase::Tidy
            && state.direction == self.direction
            && state.subject == self.subject.as_str()
            && byod.has_switched(user, self.direction).await?
            && byod.is_of_deployment(user, state.clone()).await?)
    }

    async fn run(self) -> Result<MoveReport, Error> {
        let begun = Instant::now();
        let (user, holder) = (&self.user, holder());
        user.check()?;
        self.subject.check()?;
        let main = self.byod.inner().store.main();
        loop {
            let state = self.begun(None, &holder).await?;
            // The record has another time.
            self.byod.clear_user_client(user);
            let is_other = state.direction != self.direction;
            let is_former = state.phase == MovePhase::Tidy;
            let state = match state.holder == holder {
                true => state,
                false => match state::take(main, user, &holder).await? {
                    None => continue,
                    Some(state) if state.holder == holder => state,
                    Some(_) => {
                        return Err(not_moved(user, "another process sees to it".to_owned()));
                    }
                },
            };
            // Whoever asks again needn't wait again: what is due is tidied, and no more.
            let is_over = match self.is_over(&state).await {
                Ok(is_over) => is_over,
                Err(error) => {
                    state::release(main, user, &state).await;
                    return Err(error);
                }
            };
            let state = match (is_former && !is_over, state.phase) {
                (true, _) => match self.former(state, &holder).await? {
                    Some(state) => state,
                    None => continue,
                },
                (false, MovePhase::Cancel) => {
                    self.byod.seen_to(user, state).await?;
                    continue;
                }
                _ if is_other => {
                    state::release(main, user, &state).await;
                    let way = "it moves the other way: wait for it, or cancel it".to_owned();
                    return Err(not_moved(user, way));
                }
                _ => state,
            };
            let direction = state.direction;
            return match self.byod.seen_to(user, state).await? {
                Ended::Moved { report, .. } => Ok(MoveReport::of(direction, report, begun)),
                Ended::Cancelled => Err(Stop::Lost.into_error(user)),
            };
        }
    }
}

impl IntoFuture for Move {
    type Output = Result<MoveReport, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

fn not_moved(user: &UserId, reason: String) -> Error {
    Error::NotMoved {
        user: user.as_str().into(),
        reason: reason.into(),
    }
}

/// Whoever sees to a move.
fn holder() -> String {
    format!("{:016x}", fastrand::u64(..))
}
