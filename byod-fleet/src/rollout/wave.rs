//! One wave: who is due is pushed to, so many at once; and main is asked, and told, of many at a time.

use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use byod_runtime::{Bundle, Byod, DeployTogether, Deployed, Pushed, UserDatabaseConfig};
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use tokio::time::{Instant, timeout_at};

use super::terms::Terms;
use crate::error::Error;
use crate::failures::{Tally, Turn};
use crate::outcome::counts_against_limit;
use crate::records::records;

/// Of how many users main is asked, and told, in one request.
const TOGETHER: usize = 100;

/// How many requests that tell main are under way at once. While there are as many, nobody else is begun with, and who is being
/// pushed to goes on once one of them is answered.
const TELLING: usize = 2;

/// One wave of a roll-out.
pub(super) struct Wave<'a> {
    pub(super) byod: &'a Byod,
    pub(super) bundle: &'a Bundle,
    pub(super) terms: &'a Terms,
    /// How long what main says lasts, and how long it may wait to hear what came of somebody.
    pub(super) lag: Duration,
    /// Counted from 0.
    pub(super) number: usize,
    pub(super) tally: Mutex<Tally>,
}

/// A user whose deployment is done with, and main told.
pub(super) struct Done {
    pub(super) user_id: String,
    pub(super) outcome: Deployed,
    /// Whether they count against the limit on failures.
    pub(super) fails: bool,
}

/// A user whose turn it is.
struct One {
    users: DeployTogether,
    number: usize,
    turn: Turn,
}

impl Wave<'_> {
    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        // Nothing of it is left in the middle of a change.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody whose turn it is may be begun with. Who isn't is still to come, also where it turns out that fewer failed.
    fn goes_on(&self) -> bool {
        let mut tally = self.tally();
        let goes_on = tally.goes_on();
        if !goes_on {
            tally.pass_over();
        }
        goes_on
    }

    /// Brings the version to all who are due, until more fail than may; gives them as main is told of them. An error of main is
    /// the last.
    pub(super) fn run(
        &self,
        turn: &impl Fn(&str) -> Turn,
    ) -> impl Stream<Item = (Vec<Done>, Option<Error>)> {
        together(self.pushed(turn), self.lag)
            .map(move |pushed| self.tell(pushed))
            .buffered(TELLING)
    }

    /// Those whose turn it is, pushed to.
    fn pushed(
        &self,
        turn: &impl Fn(&str) -> Turn,
    ) -> impl Stream<Item = Result<(One, Pushed), Error>> {
        let Self {
            byod,
            bundle,
            terms,
            lag,
            number,
            ..
        } = *self;
        let is_due = move |record: &UserDatabaseConfig| {
            terms.is_due(record, number) && turn(&record.user_id) != Turn::Later
        };
        records(byod, terms.page)
            .try_filter(move |record| ready(is_due(record)))
            .take_while(move |_| ready(self.goes_on()))
            .try_chunks(TOGETHER)
            .map_err(|cut_off| Error::from(cut_off.1))
            .map_ok(move |records| {
                let users = byod.deploy_together(records, bundle, lag);
                let each = (0..users.records().len()).map(move |number| {
                    let users = users.clone();
                    let turn = turn(&users.records()[number].user_id);
                    Ok::<_, Error>(One {
                        users,
                        number,
                        turn,
                    })
                });
                stream::iter(each)
            })
            .try_flatten()
            .take_while(move |_| ready(self.goes_on()))
            .try_filter(move |one| ready(self.tally().begins(one.turn)))
            .map(move |one| async move {
                let one = one?;
                let pushed = one.users.push(one.number).await?;
                // Before main is told of it: nobody else is begun with meanwhile.
                let fails = one.fails(pushed.so_far());
                self.tally().add(one.turn, fails);
                Ok((one, pushed))
            })
            .buffer_unordered(terms.at_once)
    }

    /// Tells main what came of them.
    async fn tell(&self, pushed: Vec<Result<(One, Pushed), Error>>) -> (Vec<Done>, Option<Error>) {
        let (mut ones, mut notes, mut error) = (Vec::new(), Vec::new(), None);
        for pushed in pushed {
            match pushed {
                Ok((one, pushed)) => {
                    ones.push((one.fails(pushed.so_far()), one));
                    notes.push(pushed);
                }
                Err(cut_off) => error = Some(cut_off),
            }
        }
        // Where main can't be told, that is known all the same of whom there is nothing to be told.
        let nothing_to_tell = |one: &Pushed| (!one.is_to_be_noted()).then(|| one.so_far().clone());
        let known: Vec<Option<Deployed>> = notes.iter().map(nothing_to_tell).collect();
        let outcomes = match self.byod.note_deployed(notes).await {
            Ok(outcomes) => outcomes.into_iter().map(Some).collect(),
            Err(untold) => {
                error.get_or_insert(untold.into());
                known
            }
        };
        let done = ones.into_iter().zip(outcomes);
        let done = done.filter_map(|((failed, one), outcome)| {
            let outcome = outcome?;
            let fails = one.fails(&outcome);
            if failed && !fails {
                // They turn out to have connected another deployment meanwhile.
                self.tally().add(Turn::Again { counted: true }, false);
            }
            let user_id = one.record().user_id.clone();
            Some(Done {
                user_id,
                outcome,
                fails,
            })
        });
        (done.collect(), error)
    }
}

impl One {
    fn record(&self) -> &UserDatabaseConfig {
        &self.users.records()[self.number]
    }

    fn fails(&self, outcome: &Deployed) -> bool {
        let counted = self.turn == Turn::Again { counted: true };
        counts_against_limit(&self.record().connection_status, counted, outcome)
    }
}

/// What comes until so many are together, or the first of them has waited that long, or one is an error.
fn together<T>(
    stream: impl Stream<Item = Result<T, Error>>,
    longest: Duration,
) -> impl Stream<Item = Vec<Result<T, Error>>> {
    stream::unfold(Box::pin(stream), move |mut stream| async move {
        let first = stream.next().await?;
        let until = Instant::now() + longest;
        let mut cut_off = first.is_err();
        let mut all = vec![first];
        while all.len() < TOGETHER
            && !cut_off
            && let Ok(Some(one)) = timeout_at(until, stream.next()).await
        {
            cut_off = one.is_err();
            all.push(one);
        }
        Some((all, stream))
    })
}
