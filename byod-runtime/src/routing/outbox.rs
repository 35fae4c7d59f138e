//! Takes what functions have left on users' deployments to main, which does it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::cache::Connected;
use super::deliveries::{Allowance, Waiting};
use super::service::Byod;
use crate::deployment::{Client, Deadline};
use crate::error::{Endpoint, Error};
use crate::telemetry;
use crate::users::{ConnectionStatus, Subject, UserId};

const ROWS: &str = "byod/outbox:rows";
const DONE: &str = "byod/outbox:done";
const APPLY: &str = "byod/outbox:apply";

/// How often rows are taken at one time, and how many of them at once: whoever owns a
/// deployment may put there as many as they like, and answer with more than were asked for.
const ROUNDS: usize = 16;
const MOST_ROWS: usize = 100;

/// After how long no more of one user's rows are asked for at one time: a deployment may
/// take as long for each answer as it may.
const LONGEST: Duration = Duration::from_secs(30);

/// How many records are read at once, and how many users' rows are taken at one time.
const PAGE: u32 = 100;
const TOGETHER: usize = 32;

/// What became of what functions had left for main on one user's deployment.
///
/// ```
/// use byod_runtime::{Error, Session};
///
/// /// How many of their changes main did not take.
/// async fn refused(session: &Session) -> Result<usize, Error> {
///     Ok(session.apply_outbox().await?.refused.len())
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivered {
    /// How many rows main has done.
    pub applied: u64,
    /// Those that main has refused. It keeps them, in its table `byodRefused`.
    pub refused: Vec<RefusedRow>,
    /// There are more: they were too many for one time, or of this user lately, or the user
    /// was disconnected.
    pub more: bool,
}

/// A row that main has refused.
///
/// ```
/// use byod_runtime::Delivered;
///
/// fn reasons(delivered: &Delivered) -> Vec<String> {
///     let refused = delivered.refused.iter();
///     refused.map(|row| format!("{}: {}", row.seq, row.reason)).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedRow {
    /// Its number on the user's deployment.
    pub seq: u64,
    /// Why, in main's words: one line of bounded length.
    pub reason: Arc<str>,
}

/// What became of what was left for main on all users' deployments.
///
/// ```
/// use byod_runtime::{Byod, Error};
///
/// async fn every_hour(byod: &Byod) -> Result<(), Error> {
///     let swept = byod.sweep_outboxes().await?;
///     println!("{} of {} users, {} refused", swept.users - swept.failed, swept.users, swept.refused);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// How many deployments were asked.
    pub users: u64,
    /// How many rows main has done.
    pub applied: u64,
    /// How many it has refused.
    pub refused: u64,
    /// Of how many users it failed; the next time may go well.
    pub failed: u64,
}

/// By what an owner is known to their deployment.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
enum Owner<'a> {
    Subject(&'a str),
    User(&'a str),
}

#[derive(Deserialize)]
struct Rows {
    epoch: String,
    rows: Vec<Row>,
    more: bool,
}

#[derive(Deserialize, Serialize)]
struct Row {
    seq: f64,
    row: String,
}

#[derive(Serialize)]
struct Apply<'a> {
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    epoch: &'a str,
    rows: &'a [Row],
}

#[derive(Deserialize)]
struct Applied {
    seq: f64,
    applied: f64,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    seq: f64,
    reason: String,
}

#[derive(Serialize)]
struct Done<'a> {
    #[serde(flatten)]
    owner: Owner<'a>,
    epoch: &'a str,
    seq: f64,
}

impl Byod {
    /// Has main do what functions have left for it on the user's deployment: documents
    /// that they write there, functions that they schedule. Each row is done once,
    /// however often this is asked, and in their order; what main refuses it keeps, with
    /// the reason, and goes on.
    ///
    /// Calls do this by themselves once they are over, as do `connect` and the recovery of
    /// a deployment that failed. What is left when a process ends, or main can't be asked,
    /// the next of these takes; [`sweep_outboxes`](Self::sweep_outboxes) asks all users'.
    ///
    /// At one time 1,600 rows are done at the most, and of one user by this process 3,200
    /// at first and ten a second then: what is beyond that waits there.
    ///
    /// Nothing is done where the user has connected no deployment. Errors are those of main
    /// and of the user's deployment: what is left then stays there.
    pub async fn apply_outbox(&self, user: impl Into<UserId>) -> Result<Delivered, Error> {
        self.apply_outbox_of(&user.into(), None).await
    }

    /// The same for one whose subject may be known.
    pub(crate) async fn apply_outbox_of(
        &self,
        user: &UserId,
        subject: Option<&Subject>,
    ) -> Result<Delivered, Error> {
        let since = Instant::now();
        let Some(record) = self.inner().store.get(user).await? else {
            return Ok(Delivered::default());
        };
        if record.connection_status != ConnectionStatus::Connected {
            return Ok(Delivered::default());
        }
        let Connected { client, .. } = self.connected(user, &record)?;
        self.take_rows(&client, user, subject, since).await
    }

    /// Does [`apply_outbox`](Self::apply_outbox) for every connected user, a few at a
    /// time: to be called now and then, for what is left on deployments that nobody calls.
    ///
    /// Main knows a user's subject once they were connected by [`connect`](Self::connect), or
    /// rows of theirs were taken after a call. Where neither was, as after
    /// [`save_credentials`](Self::save_credentials) alone, it counts as failed until their next
    /// call.
    ///
    /// Needs the function `listConfigs` in main's module of credentials, which `byod
    /// export --main` writes; errors are those of main when it is called.
    pub async fn sweep_outboxes(&self) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        let mut next = None;
        loop {
            let since = Instant::now();
            let page = self.user_records(next.as_deref(), PAGE).await?;
            let next_page = page.next;
            // By value, or nobody could spawn this.
            let connected = page
                .records
                .into_iter()
                .filter(|record| record.connection_status == ConnectionStatus::Connected);
            let mut results = stream::iter(connected)
                .map(|record| async move {
                    let user = UserId::from(record.user_id.as_str());
                    let Connected { client, .. } = self.connected(&user, &record)?;
                    self.take_rows(&client, &user, None, since).await
                })
                .buffer_unordered(TOGETHER);
            while let Some(result) = results.next().await {
                swept.users += 1;
                match result {
                    Ok(delivered) => {
                        swept.applied += delivered.applied;
                        swept.refused += delivered.refused.len() as u64;
                    }
                    Err(_) => swept.failed += 1,
                }
            }
            drop(results);
            match next_page {
                Some(cursor) => next = Some(cursor),
                None => return Ok(swept),
            }
        }
    }

    /// Has main do what is left, in a task of its own: unless somebody waits to do so
    /// already, who will find it, or the user was disconnected `since`.
    pub(crate) fn take_rows_later(
        &self,
        client: &Client,
        user: &UserId,
        subject: Option<&Subject>,
        since: Instant,
    ) {
        let under_way = self.inner().outbox.of(user);
        if under_way.waiting.load(Ordering::SeqCst) > 0 {
            return;
        }
        let (byod, client, user) = (self.clone(), client.clone(), user.clone());
        let subject = subject.cloned();
        tokio::spawn(async move {
            let taken = byod.take_rows(&client, &user, subject.as_ref(), since);
            // It is in the log.
            let _ = taken.await;
        });
    }

    /// Has main do what is left; one at a time for each user. Nothing is asked of the
    /// deployment any more once the user was disconnected `since`.
    async fn take_rows(
        &self,
        client: &Client,
        user: &UserId,
        subject: Option<&Subject>,
        since: Instant,
    ) -> Result<Delivered, Error> {
        let under_way = self.inner().outbox.of(user);
        let mut taking = {
            let _waiting = Waiting::new(&under_way);
            under_way.taking.lock().await
        };
        let owner = match subject {
            Some(subject) => Owner::Subject(subject.as_str()),
            None => Owner::User(user.as_str()),
        };
        let is_over = || under_way.is_over(since);
        let allowance = &mut *taking;
        let taken = self.take_all(client, user, owner, allowance, is_over);
        let taken = taken.await;
        if let Err(error) = &taken {
            tracing::warn!(
                ?user, %error,
                "what functions have left for main could not be taken there: it is tried again \
                 after the next call, when the user connects, and by `sweep_outboxes`"
            );
        }
        taken
    }

    async fn take_all(
        &self,
        client: &Client,
        user: &UserId,
        owner: Owner<'_>,
        allowance: &mut Allowance,
        is_over: impl Fn() -> bool,
    ) -> Result<Delivered, Error> {
        let main = self.inner().store.main();
        let mut delivered = Delivered::default();
        let mut at_once = MOST_ROWS;
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            let allowed = allowance.left(Instant::now());
            if is_over() || allowed == 0 || begun.elapsed() > LONGEST {
                break;
            }
            let deadline = client.deadline();
            let rows: Rows = client.call(Endpoint::Query, ROWS, &owner, deadline).await?;
            let is_stranger = matches!(owner, Owner::Subject(_)) && !allowance.is_introduced;
            if rows.rows.is_empty() && !is_stranger {
                return Ok(delivered);
            }
            let part = &rows.rows[..rows.rows.len().min(at_once).min(allowed)];
            allowance.spend(part.len());
            let args = Apply {
                user: user.as_str(),
                subject: match owner {
                    Owner::Subject(subject) => Some(subject),
                    Owner::User(_) => None,
                },
                epoch: &rows.epoch,
                rows: part,
            };
            let applied: Applied = match apply(main, &args).await {
                Ok(applied) => applied,
                // Together they may be too much for one transaction.
                Err(Error::Function { .. }) if part.len() > 1 => {
                    at_once = part.len() / 2;
                    continue;
                }
                Err(error) => return Err(error),
            };
            allowance.is_introduced |= is_stranger;
            if rows.rows.is_empty() {
                return Ok(delivered);
            }
            note(main, user, &applied, &mut delivered);
            if is_over() {
                break;
            }
            let done = Done {
                owner,
                epoch: &rows.epoch,
                seq: applied.seq,
            };
            let deadline = client.deadline();
            let _: Option<()> = client
                .call(Endpoint::Mutation, DONE, &done, deadline)
                .await?;
            if !rows.more && part.len() == rows.rows.len() {
                return Ok(delivered);
            }
        }
        delivered.more = true;
        Ok(delivered)
    }
}

async fn apply(main: &Client, args: &Apply<'_>) -> Result<Applied, Error> {
    let deadline: Deadline = main.deadline();
    main.call(Endpoint::Mutation, APPLY, args, deadline).await
}

fn note(main: &Client, user: &UserId, applied: &Applied, delivered: &mut Delivered) {
    // Main counts from one, by whole numbers.
    delivered.applied += applied.applied as u64;
    telemetry::outbox(applied.applied as u64, applied.refused.len() as u64);
    for Refused { seq, reason } in &applied.refused {
        // It may quote the row, which is a stranger's text.
        let reason = main.context(Endpoint::Mutation, APPLY).quote(reason);
        let (seq, reason): (u64, Arc<str>) = (*seq as u64, reason.into());
        tracing::warn!(
            ?user, seq, %reason,
            "main refused what a function had left for it: it is kept in `byodRefused`"
        );
        delivered.refused.push(RefusedRow { seq, reason });
    }
}
