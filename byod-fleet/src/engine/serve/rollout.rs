//! One roll-out: its waves, one after the other.

use std::collections::BTreeSet;

use byod_runtime::{Byod, RolloutState};
use restate_sdk::context::RequestTarget;
use restate_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::at_hand::AtHand;
use super::batch::{BatchClient, Part};
use super::steps::{GONE, attempts, of_fleet};
use super::user::UserClient;
use crate::engine::{Order, Progress, names};
use crate::failures::Tally;
use crate::keeper::{Remembered, Round, Survey};
use crate::records::milliseconds;
use crate::rollout::{Plan, Report, WaveReport};

/// Where its state is.
const PROGRESS: &str = "progress";

pub(super) struct RollOut(pub(super) AtHand);

/// What it is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) order: Order,
    /// Of the rounds before.
    pub(super) remembered: Remembered,
}

/// What main says, and what is remembered for that.
#[derive(Debug, Serialize, Deserialize)]
struct Surveyed {
    survey: Survey,
    remembered: Remembered,
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
        let surveyed = match self.0.wait(&ctx, &order).await {
            Ok(()) => self.survey(&ctx, &order, asked.remembered).await,
            Err(error) => Err(error),
        };
        let (round, remembered) = match surveyed {
            Ok(Surveyed {
                survey,
                mut remembered,
            }) => {
                let round = round(&ctx, &self.0.byod, &order, survey, &mut remembered).await;
                (round, order.keep.map(|_| remembered))
            }
            Err(error) => (Err(error), None),
        };
        // However it ends, another may begin, and knows who has failed by then.
        let fleet = RequestTarget::object(names::FLEET, names::ALL, "ended");
        let ended = json!({"key": ctx.key(), "remembered": remembered});
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

impl RollOut {
    /// What main's records say, read in one step.
    async fn survey(
        &self,
        ctx: &WorkflowContext<'_>,
        order: &Order,
        mut remembered: Remembered,
    ) -> Result<Surveyed, TerminalError> {
        let (byod, terms, rhythm) = (self.0.byod.clone(), order.terms(), order.rhythm());
        let surveyed = ctx.run(|| async move {
            let survey = Survey::of(&byod, &terms, rhythm, &mut remembered).await;
            let survey = survey.map_err(of_fleet)?;
            Ok(Json(Surveyed { survey, remembered }))
        });
        let surveyed = surveyed.name("survey").retry_policy(attempts()).await;
        surveyed.map(Json::into_inner)
    }
}

async fn round(
    ctx: &WorkflowContext<'_>,
    byod: &Byod,
    order: &Order,
    mut survey: Survey,
    remembered: &mut Remembered,
) -> Result<Round, TerminalError> {
    let rolled_out = match order.keep.is_some() && survey.turns == 0 {
        true => None,
        false => {
            let plan = survey.plan.clone();
            let mut report = Report::before(&plan);
            let went = waves(ctx, byod, order, &mut survey, remembered, &mut report).await;
            let state = match &went {
                Ok(()) => report.state(),
                Err(_) => RolloutState::Interrupted,
            };
            keep(ctx, byod, order, &plan, &report, state).await?;
            went?;
            Some(report)
        }
    };
    let mut round = Round {
        schema_version: order.schema_version,
        rolled_out,
        tested: 0,
        failing: 0,
        unopened: 0,
        resting: remembered.resting(),
        untested: None,
    };
    if order.keep.is_some() {
        test(ctx, order, survey.untested, &mut round, remembered).await?;
    }
    Ok(round)
}

async fn waves(
    ctx: &WorkflowContext<'_>,
    byod: &Byod,
    order: &Order,
    survey: &mut Survey,
    remembered: &mut Remembered,
    report: &mut Report,
) -> Result<(), TerminalError> {
    let (plan, before) = (survey.plan.clone(), remembered.clone());
    for (wave, planned) in plan.waves.iter().enumerate() {
        let allowed = order.max_failures.allowed(planned.users);
        let failed_before = survey.failed_before.get(wave).copied().unwrap_or_default();
        let mut tally = Tally::of(allowed, failed_before);
        let mut from = None;
        report.waves.push(WaveReport::of(planned));
        if planned.is_over() {
            continue;
        }
        loop {
            tell(ctx, &plan, report);
            keep(ctx, byod, order, &plan, report, RolloutState::Running).await?;
            let part = Part {
                order: order.clone(),
                wave,
                from,
                tally,
                remembered: before.clone(),
                now: survey.now,
            };
            let batch = ctx.service_client::<BatchClient>().run(Json(part));
            let Json(done) = batch.call().await?;
            report.waves[wave].counts += done.counts;
            (tally, from) = (done.tally, done.next);
            for failure in done.failures {
                report.add(failure);
            }
            if !done.noted.is_empty() {
                let now = now(ctx).await?;
                for (user, counts) in done.noted {
                    // Who had their turn now has a test in another round.
                    survey.untested.remove(&user);
                    remembered.note(user, counts, order.rhythm(), now);
                }
            }
            if from.is_none() || !tally.goes_on() {
                break;
            }
        }
        tell(ctx, &plan, report);
        if report.ends_with(wave + 1, &tally) {
            break;
        }
    }
    Ok(())
}

/// Has main keep how far it is, for whoever looks there. What keeps main from being told holds nothing up.
async fn keep(
    ctx: &WorkflowContext<'_>,
    byod: &Byod,
    order: &Order,
    plan: &Plan,
    report: &Report,
    state: RolloutState,
) -> Result<(), TerminalError> {
    // The rounds that keep a version up are one roll-out.
    let run = match order.keep {
        Some(_) => format!("kept up at the engine: {}", order.schema_version),
        None => ctx.key().to_owned(),
    };
    let limit = order.max_failures;
    let progress = plan.progress(&run, "an engine", limit, &report.waves, state);
    let told = ctx.run(|| async move {
        if let Err(error) = byod.note_rollout(&progress).await {
            tracing::warn!(%error, "main could not be told how far the roll-out is");
        }
        Ok(())
    });
    told.name("kept").await
}

/// Tests them, those who can't be tested now another time.
async fn test(
    ctx: &WorkflowContext<'_>,
    order: &Order,
    untested: BTreeSet<String>,
    round: &mut Round,
    remembered: &mut Remembered,
) -> Result<(), TerminalError> {
    if untested.is_empty() {
        return Ok(());
    }
    let now = now(ctx).await?;
    let mut users = untested.into_iter();
    let mut begun = Vec::new();
    let mut open = DurableFuturesUnordered::new();
    loop {
        while open.len() < order.at_once as usize
            && let Some(user) = users.next()
        {
            let object = ctx.object_client::<UserClient>(user.clone());
            open.push(object.recover().call());
            begun.push(user);
        }
        let Some((number, found)) = open.next().await? else {
            return Ok(());
        };
        match found {
            Ok(Json(found)) => {
                round.tested += 1;
                let problem = &found["problem"];
                round.failing += u64::from(!problem.is_null());
                round.unopened += u64::from(problem["kind"] == "credentials");
            }
            // They went meanwhile.
            Err(error) if error.code() == GONE => {}
            Err(error) => {
                round.untested = Some(error.message().to_owned());
                continue;
            }
        }
        remembered.tested(begun[number].clone(), now);
    }
}

/// The engine replays this: the time is what it was.
async fn now(ctx: &WorkflowContext<'_>) -> Result<f64, TerminalError> {
    ctx.run(|| async { Ok(milliseconds()) }).name("now").await
}

fn tell(ctx: &WorkflowContext<'_>, plan: &Plan, report: &Report) {
    let progress = Progress {
        plan: plan.clone(),
        waves: report.waves.clone(),
    };
    ctx.set(PROGRESS, Json(progress));
}
