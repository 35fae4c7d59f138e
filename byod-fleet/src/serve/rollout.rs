//! One roll-out: its waves, one after the other.

use restate_sdk::context::RequestTarget;
use restate_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use super::at_hand::AtHand;
use super::batch::{BatchClient, Part};
use super::rests::{Ended, Rests, now};
use super::steps::{attempts, of_fleet};
use super::survey::Survey;
use super::user::UserClient;
use crate::engine::{Order, Progress, names};
use crate::keeper::Round;
use crate::outcome::Counts;
use crate::rollout::{Report, Stopped, TOLD, WaveReport};

/// Where its state is.
const PROGRESS: &str = "progress";

pub(super) struct RollOut(pub(super) AtHand);

/// What it is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) order: Order,
    /// Who failed in the rounds before.
    pub(super) rests: Rests,
}

#[restate_sdk::workflow(
    name = "ByodRollout",
    client_visibility = "pub(super)",
    inactivity_timeout = "5m",
    workflow_completion_retention = "7 days",
    invocation_retry_policy(
        initial_interval = "500ms",
        factor = 2.0,
        max_interval = "30s",
        max_attempts = 100000,
        on_max_attempts = "pause",
    )
)]
impl RollOut {
    /// Brings the version to all who are due, as `byod fleet deploy` does; one that is to be kept up also tests who was not for
    /// long, as a round of `byod fleet run` does.
    #[handler]
    async fn run(
        &self,
        ctx: WorkflowContext<'_>,
        Json(asked): Json<Asked>,
    ) -> Result<Json<Round>, HandlerError> {
        let order = asked.order;
        let rollout = self.0.rollout(&order)?;
        let (byod, keep, rests) = (self.0.byod.clone(), order.keep, asked.rests);
        let survey = ctx.run(|| async move {
            let survey = Survey::of(&byod, &rollout, keep, rests).await;
            survey.map(Json).map_err(of_fleet)
        });
        let survey = survey.name("survey").retry_policy(attempts()).await;
        let mut ended = Ended {
            key: ctx.key().to_owned(),
            rests: None,
        };
        let round = match survey {
            Ok(Json(survey)) => round(&ctx, &order, survey, &mut ended).await,
            Err(error) => Err(error),
        };
        // However it ends, another may begin.
        let fleet = RequestTarget::object(names::FLEET, names::ALL, "ended");
        ctx.request::<_, ()>(fleet, Json(ended)).send();
        Ok(Json(round?))
    }

    /// How far it is; nothing before it has read who is due.
    #[handler]
    async fn progress(
        &self,
        ctx: SharedWorkflowContext<'_>,
    ) -> Result<Json<Option<Progress>>, HandlerError> {
        let progress = ctx.get::<Json<Progress>>(PROGRESS).await?;
        Ok(Json(progress.map(Json::into_inner)))
    }
}

async fn round(
    ctx: &WorkflowContext<'_>,
    order: &Order,
    survey: Survey,
    ended: &mut Ended,
) -> Result<Round, TerminalError> {
    let mut rests = survey.rests.clone();
    let rolled_out = match order.keep.is_some() && survey.turns == 0 {
        true => None,
        false => Some(waves(ctx, order, &survey, &mut rests).await?),
    };
    let (tested, failing) = test(ctx, order, survey.untested).await?;
    let resting = match order.keep {
        Some(_) => rests.len(),
        None => 0,
    };
    ended.rests = order.keep.map(|_| rests);
    Ok(Round {
        schema_version: order.schema_version,
        rolled_out,
        tested,
        failing,
        resting,
        // Where main can't be asked, the round ends with that.
        untested: None,
    })
}

async fn waves(
    ctx: &WorkflowContext<'_>,
    order: &Order,
    survey: &Survey,
    rests: &mut Rests,
) -> Result<Report, TerminalError> {
    let plan = &survey.plan;
    let mut report = Report {
        schema_version: plan.schema_version,
        waves: Vec::new(),
        stopped: None,
        passed_over: false,
        beyond: plan.beyond,
        failures: Vec::new(),
    };
    for (wave, planned) in plan.waves.iter().enumerate() {
        let allowed = order.max_failures.allowed(planned.users);
        let before = survey.failed_before.get(wave).copied().unwrap_or_default();
        let mut counts = Counts::default();
        let (mut failing, mut passed_over, mut from) = (before, false, None);
        report.waves.push(WaveReport {
            planned: planned.clone(),
            counts,
        });
        loop {
            tell(ctx, survey, &report);
            let part = Part {
                order: order.clone(),
                wave,
                from,
                failing,
                allowed,
                rests: survey.rests.clone(),
                now: survey.now,
            };
            let batch = ctx.service_client::<BatchClient>().run(Json(part));
            let Json(done) = batch.call().await?;
            counts += done.counts;
            report.waves[wave].counts = counts;
            (failing, from) = (done.failing, done.next);
            passed_over |= done.passed_over;
            note(ctx, order, rests, done.resting, &done.over).await?;
            let room = TOLD.saturating_sub(report.failures.len());
            report.failures.extend(done.failures.into_iter().take(room));
            // Those who failed before have their turn, too.
            if from.is_none() || (failing > allowed && before == 0) {
                break;
            }
        }
        tell(ctx, survey, &report);
        if failing > allowed {
            report.stopped = Some(Stopped {
                wave: wave + 1,
                failed: failing,
                allowed,
            });
        }
        // Who was passed over in this wave comes before the next one.
        report.passed_over = passed_over;
        if failing > allowed || passed_over {
            break;
        }
    }
    Ok(report)
}

/// Keeps who is tried again later.
async fn note(
    ctx: &WorkflowContext<'_>,
    order: &Order,
    rests: &mut Rests,
    resting: Vec<(String, bool)>,
    over: &[String],
) -> Result<(), TerminalError> {
    for user in over {
        rests.over(user);
    }
    let Some(keep) = order.keep.filter(|_| !resting.is_empty()) else {
        return Ok(());
    };
    // The engine replays this: the time is what it was.
    let now = ctx.run(|| async { Ok(now()) }).name("now").await?;
    for (user, counts) in resting {
        rests.failed(user, counts, keep.pauses, now);
    }
    Ok(())
}

/// How many were tested, and how many of those can't be used.
async fn test(
    ctx: &WorkflowContext<'_>,
    order: &Order,
    untested: Vec<String>,
) -> Result<(u64, u64), TerminalError> {
    let (mut tested, mut failing) = (0, 0);
    let mut users = untested.into_iter();
    let mut open = DurableFuturesUnordered::new();
    loop {
        while open.len() < order.at_once as usize
            && let Some(user) = users.next()
        {
            open.push(ctx.object_client::<UserClient>(user).recover().call());
        }
        let Some((_, found)) = open.next().await? else {
            return Ok((tested, failing));
        };
        // Who can't be tested now went meanwhile, or is so the next time.
        if let Ok(Json(found)) = found {
            tested += 1;
            failing += u64::from(!found["problem"].is_null());
        }
    }
}

fn tell(ctx: &WorkflowContext<'_>, survey: &Survey, report: &Report) {
    let progress = Progress {
        plan: survey.plan.clone(),
        waves: report.waves.clone(),
    };
    ctx.set(PROGRESS, Json(progress));
}
