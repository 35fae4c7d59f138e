//! Has main keep how far a roll-out is, for whoever looks at it.

use std::time::Duration;

use byod_runtime::{Byod, Deployed, RolloutProgress, RolloutState, WaveProgress};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::plan::{Plan, PlannedWave};
use super::report::WaveReport;
use crate::failures::MaxFailures;

/// How often main is told at the most.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is told where nothing happens, so that who looks knows that it goes on.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long the end may take to be told.
const LAST_WORD: Duration = Duration::from_secs(10);

/// Whose roll-out is kept.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    pub(super) run: String,
    pub(super) by: String,
}

/// A roll-out that is kept while it goes on.
pub(super) struct Recording {
    progress: watch::Sender<RolloutProgress>,
    task: JoinHandle<()>,
}

impl Plan {
    /// How far a roll-out is that was planned so, whoever drives it: which waves were begun,
    /// the last of which is under way.
    pub(crate) fn progress(
        &self,
        run: &str,
        by: &str,
        max_failures: MaxFailures,
        begun: &[WaveReport],
        state: RolloutState,
    ) -> RolloutProgress {
        let wave = |(at, planned): (usize, &PlannedWave)| {
            let counts = begun.get(at).map(|wave| wave.counts).unwrap_or_default();
            WaveProgress {
                up_to: planned.up_to.to_string(),
                users: planned.users,
                due: planned.due,
                allowed: max_failures.allowed(planned.users),
                done: counts.pushed + counts.current + counts.newer,
                failed: counts.failed + counts.still_failing,
                left: counts.not_connected + counts.moving + counts.changed,
            }
        };
        RolloutProgress {
            run: run.to_owned(),
            by: by.to_owned(),
            schema_version: self.schema_version,
            state,
            wave: begun.len().max(1) as u64,
            waves: self.waves.iter().enumerate().map(wave).collect(),
        }
    }
}

impl Recorder {
    pub(super) fn of(by: &str) -> Self {
        Self {
            run: format!("{:032x}", fastrand::u128(..)),
            by: by.to_owned(),
        }
    }
}

impl Recording {
    /// Begins to tell main of it, in a task of its own.
    pub(super) fn begin(byod: &Byod, progress: RolloutProgress) -> Self {
        let (progress, told) = watch::channel(progress);
        let task = tokio::spawn(tell(byod.clone(), told));
        Self { progress, task }
    }

    /// It is at that wave, counted from 1.
    pub(super) fn at_wave(&self, number: usize) {
        let wave = number as u64;
        self.progress.send_modify(|progress| progress.wave = wave);
    }

    /// That came of a user of the wave that it is at.
    pub(super) fn count(&self, outcome: &Deployed) {
        self.progress.send_modify(|progress| {
            let at = (progress.wave as usize).saturating_sub(1);
            if let Some(wave) = progress.waves.get_mut(at) {
                *counted(wave, outcome) += 1;
            }
        });
    }

    /// Tells how it ended.
    pub(super) async fn end(mut self, state: RolloutState) {
        self.progress.send_modify(|progress| progress.state = state);
        if timeout(LAST_WORD, &mut self.task).await.is_err() {
            tracing::warn!("main could not be told in time how the roll-out ended");
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn counted<'a>(wave: &'a mut WaveProgress, outcome: &Deployed) -> &'a mut u64 {
    match outcome {
        Deployed::Pushed | Deployed::Current | Deployed::Newer { .. } => &mut wave.done,
        Deployed::Failed(_) => &mut wave.failed,
        _ => &mut wave.left,
    }
}

/// Tells main until it is over.
async fn tell(byod: Byod, mut told: watch::Receiver<RolloutProgress>) {
    loop {
        let progress = told.borrow_and_update().clone();
        match byod.note_rollout(&progress).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!(
                    "main keeps no roll-outs: `byod export --main` writes what does, to be deployed there"
                );
                return;
            }
            Err(error) => tracing::warn!(%error, "main could not be told how far the roll-out is"),
        }
        if progress.state != RolloutState::Running {
            return;
        }
        // The end is told at once.
        let is_over = |progress: &RolloutProgress| progress.state != RolloutState::Running;
        let end = timeout(PAUSE, told.wait_for(is_over)).await;
        if end.is_ok_and(|end| end.is_err()) {
            return;
        }
        let is_told = *told.borrow() == progress;
        if is_told
            && timeout(HEARTBEAT, told.changed())
                .await
                .is_ok_and(|told| told.is_err())
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_counted_once() {
        let mut wave = WaveProgress {
            up_to: "1%".to_owned(),
            users: 3,
            due: 3,
            allowed: 0,
            done: 0,
            failed: 0,
            left: 0,
        };
        for outcome in [
            Deployed::Pushed,
            Deployed::Newer { found: 13 },
            Deployed::Moving,
        ] {
            *counted(&mut wave, &outcome) += 1;
        }
        assert_eq!((wave.done, wave.failed, wave.left), (2, 0, 1));
    }
}
