//! Some users of one wave. A service of its own, so that the journal of a roll-out doesn't grow with each user.

use byod_runtime::Byod;
use restate_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use super::at_hand::AtHand;
use super::steps::{attempts, of_main};
use super::user::UserClient;
use crate::engine::{Deploy, Order};
use crate::failures::{Tally, Turn};
use crate::keeper::Remembered;
use crate::outcome::{Counts, Outcome};
use crate::rollout::{Failure, Terms};

/// How many pages of records are read in one step.
const PAGES: usize = 50;

pub(super) struct Batch(pub(super) AtHand);

/// Which users.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part {
    pub(super) order: Order,
    /// Counted from 0.
    pub(super) wave: usize,
    /// Behind which of main's records it begins; at the first without.
    pub(super) from: Option<String>,
    pub(super) tally: Tally,
    pub(super) remembered: Remembered,
    /// The moment that decides whose turn it is, in milliseconds since 1970.
    pub(super) now: f64,
}

/// What became of them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartDone {
    pub(super) counts: Counts,
    pub(super) tally: Tally,
    pub(super) failures: Vec<Failure>,
    /// Who had their turn, where that is to be known for further rounds, and whether they rest now and count then.
    pub(super) noted: Vec<(String, Option<bool>)>,
    /// Where the next part begins.
    pub(super) next: Option<String>,
}

/// Users who are due, by their ids alone.
#[derive(Debug, Serialize, Deserialize)]
struct Due {
    users: Vec<String>,
    next: Option<String>,
}

#[restate_sdk::service(
    name = "ByodBatch",
    client_visibility = "pub(super)",
    ingress_private,
    inactivity_timeout = "5m",
    journal_retention = "1h",
    invocation_retry_policy(
        initial_interval = "500ms",
        factor = 2.0,
        max_interval = "30s",
        max_attempts = 100000,
        on_max_attempts = "pause",
    )
)]
impl Batch {
    /// So many at once, until all are done with. Where more fail than may, nobody new is begun with: those under way are finished,
    /// and those who failed before have their turn.
    #[handler]
    async fn run(
        &self,
        ctx: Context<'_>,
        Json(part): Json<Part>,
    ) -> Result<Json<PartDone>, HandlerError> {
        let terms = part.order.terms();
        let (byod, wave, from) = (self.0.byod.clone(), part.wave, part.from);
        let due = ctx.run(|| async move {
            let due = due(&byod, &terms, wave, from).await;
            due.map(Json).map_err(of_main)
        });
        let Json(due) = due.name("who is due").retry_policy(attempts()).await?;

        let mut done = PartDone {
            counts: Counts::default(),
            tally: part.tally,
            failures: Vec::new(),
            noted: Vec::new(),
            next: due.next,
        };
        let is_noted = part.order.keep.is_some();
        let mut users = due.users.into_iter();
        let mut begun = Vec::new();
        let mut open = DurableFuturesUnordered::new();
        loop {
            while open.len() < part.order.at_once.max(1) as usize
                && let Some(user) = users.next()
            {
                let turn = part.remembered.turn(&user, part.now);
                if !done.tally.begins(turn) {
                    continue;
                }
                let object = ctx.object_client::<UserClient>(user.clone());
                let deploy = Deploy {
                    order: part.order.clone(),
                    counted: turn == Turn::Again { counted: true },
                };
                open.push(object.deploy(Json(deploy)).call());
                begun.push((user, turn));
            }
            let Some((number, one)) = open.next().await? else {
                break;
            };
            let Json(one) = one?;
            let (user_id, turn) = begun[number].clone();
            done.counts += one.counts;
            done.tally.add(turn, one.counts_against_limit);
            if is_noted {
                let rests = matches!(one.outcome, Outcome::Failed { .. } | Outcome::Moving);
                let rests = rests.then_some(one.counts_against_limit);
                done.noted.push((user_id.clone(), rests));
            }
            if let Outcome::Failed { problem } = one.outcome {
                done.failures.push(Failure { user_id, problem });
            }
        }
        Ok(Json(done))
    }
}

/// The next ones of that wave: enough to keep all of those at once busy for a while.
async fn due(
    byod: &Byod,
    terms: &Terms,
    wave: usize,
    mut from: Option<String>,
) -> Result<Due, byod_runtime::Error> {
    let enough = (8 * terms.at_once).clamp(64, 512);
    let mut users = Vec::new();
    for _ in 0..PAGES {
        let page = byod.user_records(from.as_deref(), terms.page);
        let page = page.await?;
        let due = page.records.into_iter();
        let due = due.filter(|record| terms.is_due(record, wave));
        users.extend(due.map(|record| record.user_id));
        from = page.next;
        if from.is_none() || users.len() >= enough {
            break;
        }
    }
    Ok(Due { users, next: from })
}
