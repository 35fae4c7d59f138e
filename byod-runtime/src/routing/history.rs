//! What main keeps for an operator beside the users' records: what has become of each user's deployment, and how far
//! roll-outs are.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::moving::Direction;
use super::service::Byod;
use crate::error::{Error, is_without};
use crate::users::UserId;

/// The module, as paths of its functions begin.
pub(super) const MODULE: &str = "byod/history:";
const GET: &str = "byod/history:get";
const ROLLING: &str = "byod/history:rolling";
pub(super) const ROLLOUTS: &str = "byod/history:rollouts";

/// Something that has become of a user's deployment, as main keeps it: the fifty latest of each user.
///
/// ```
/// use byod_runtime::{Byod, Error, HistoryKind};
///
/// async fn times_blocked(byod: &Byod, user_id: &str) -> Result<Option<usize>, Error> {
///     let history = byod.history(user_id).await?;
///     let blocked = |history: Vec<_>| {
///         history.iter().filter(|entry: &&byod_runtime::HistoryEntry| entry.kind == HistoryKind::Blocked).count()
///     };
///     Ok(history.map(blocked))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HistoryEntry {
    /// When, in milliseconds since 1970.
    pub at: f64,
    /// What.
    pub kind: HistoryKind,
    /// The version of the schema that the deployment ran then; 0 before the first.
    #[serde(rename = "version", deserialize_with = "whole")]
    pub schema_version: u64,
    /// Which way the user's data has moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
}

/// What has become of a user's deployment.
///
/// ```
/// use byod_runtime::HistoryKind;
///
/// assert_eq!(serde_json::to_value(HistoryKind::Blocked)?, "blocked");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HistoryKind {
    /// It is in use from then on.
    Connected,
    /// Other credentials were entered, of it or of another deployment.
    Credentials,
    /// It could not be used from then on.
    Blocked,
    /// It could be used again.
    Recovered,
    /// It is no longer in use.
    Disconnected,
    /// The user's data answers from the other side.
    Moved,
    /// The project was deployed to it.
    Deployed,
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

/// How far a roll-out is, as whoever runs it tells main.
///
/// ```
/// use byod_runtime::RolloutProgress;
///
/// fn failed(rollout: &RolloutProgress) -> u64 {
///     rollout.waves.iter().map(|wave| wave.failed).sum()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutProgress {
    /// Which roll-out it is: an id that whoever begins it makes.
    pub run: String,
    /// Who runs it.
    pub by: String,
    /// The version that all are to have.
    #[serde(rename = "version", deserialize_with = "whole")]
    pub schema_version: u64,
    /// Whether it goes on.
    pub state: RolloutState,
    /// Which wave it is at, counted from 1.
    #[serde(deserialize_with = "whole")]
    pub wave: u64,
    /// Its waves.
    pub waves: Vec<WaveProgress>,
}

/// Whether a roll-out goes on.
///
/// ```
/// use byod_runtime::RolloutState;
///
/// fn is_over(state: RolloutState) -> bool {
///     state != RolloutState::Running
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RolloutState {
    /// It does, or whoever ran it has died.
    Running,
    /// All waves are done with.
    Done,
    /// More failed than may, or did on the way, so that some were not begun with.
    Stopped,
    /// Main could not be asked any more.
    Interrupted,
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

/// How far one wave is.
///
/// ```
/// use byod_runtime::WaveProgress;
///
/// fn waiting(wave: &WaveProgress) -> u64 {
///     wave.due.saturating_sub(wave.done + wave.failed + wave.left)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaveProgress {
    /// Up to which share of all users it goes: `10%`.
    pub up_to: String,
    /// Its users whose deployment is in use.
    #[serde(deserialize_with = "whole")]
    pub users: u64,
    /// Those who had not got the version.
    #[serde(deserialize_with = "whole")]
    pub due: u64,
    /// How many may fail.
    #[serde(deserialize_with = "whole")]
    pub allowed: u64,
    /// Those of the due who have got it.
    #[serde(deserialize_with = "whole")]
    pub done: u64,
    /// Those whose deployment failed.
    #[serde(deserialize_with = "whole")]
    pub failed: u64,
    /// Those who disconnected meanwhile, or whose data is on its way.
    #[serde(deserialize_with = "whole")]
    pub left: u64,
}

/// How far a roll-out is, as main has it: the twenty latest are kept.
///
/// ```
/// use byod_runtime::{Byod, Error};
///
/// async fn latest_version(byod: &Byod) -> Result<Option<u64>, Error> {
///     let rollouts = byod.rollouts().await?.unwrap_or_default();
///     Ok(rollouts.first().map(|latest| latest.progress.schema_version))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KeptRollout {
    /// How far it is.
    #[serde(flatten)]
    pub progress: RolloutProgress,
    /// When it began, by main's clock, in milliseconds since 1970.
    pub begun: f64,
    /// When main was last told of it.
    pub updated: f64,
}

impl Byod {
    /// What has become of the user's deployment, the latest first; `None` where main has no function that tells: it is of
    /// a `byod export --main` of before there was a history.
    pub async fn history(
        &self,
        user: impl Into<UserId>,
    ) -> Result<Option<Vec<HistoryEntry>>, Error> {
        #[derive(Serialize)]
        struct Args<'a> {
            user: &'a str,
        }
        let user = user.into();
        let args = Args {
            user: user.as_str(),
        };
        unless_older(self.inner().store.main().query(GET, &args).await)
    }

    /// How far roll-outs are, those first that main was told of last; `None` where main has no function that tells.
    pub async fn rollouts(&self) -> Result<Option<Vec<KeptRollout>>, Error> {
        #[derive(Serialize)]
        struct Nothing {}
        unless_older(self.inner().store.main().query(ROLLOUTS, &Nothing {}).await)
    }

    /// Tells main how far a roll-out is; `false` where main has no function for it.
    pub async fn note_rollout(&self, progress: &RolloutProgress) -> Result<bool, Error> {
        let main = self.inner().store.main();
        let told: Result<(), Error> = main.mutation(ROLLING, progress).await;
        unless_older(told).map(|told| told.is_some())
    }
}

/// `None` where main has no such function.
fn unless_older<T: DeserializeOwned>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Error::Function { message, .. }) if is_without(&message, MODULE) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A number that is whole, however it is written.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    f64::deserialize(deserializer).map(|number| number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn history_is_read_as_main_gives_it() {
        let entry = |kind: &str| {
            let entry = json!({"at": 5.0, "kind": kind, "version": 12.0, "somethingNew": 1});
            serde_json::from_value::<HistoryEntry>(entry).unwrap()
        };
        let blocked = entry("blocked");
        assert_eq!(blocked.kind, HistoryKind::Blocked);
        assert_eq!((blocked.schema_version, blocked.direction), (12, None));
        assert_eq!(entry("of a later version").kind, HistoryKind::Unknown);
    }

    #[test]
    fn a_rollout_is_read_as_it_was_written() {
        let wave = WaveProgress {
            up_to: "1%".to_owned(),
            users: 100,
            due: 10,
            allowed: 2,
            done: 3,
            failed: 1,
            left: 0,
        };
        let progress = RolloutProgress {
            run: "r".to_owned(),
            by: "a machine".to_owned(),
            schema_version: 12,
            state: RolloutState::Running,
            wave: 1,
            waves: vec![wave],
        };
        let mut kept = serde_json::to_value(&progress).unwrap();
        kept["begun"] = json!(1.0);
        kept["updated"] = json!(2.5);
        kept["wave"] = json!(1.0);
        let kept: KeptRollout = serde_json::from_value(kept).unwrap();
        assert_eq!(kept.progress, progress);
        assert_eq!(kept.updated, 2.5);
    }
}
