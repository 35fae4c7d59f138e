/// One push that was begun, as far as it came.
///
/// ```
/// use byod_local::{LocalDeployment, PushRecord};
///
/// fn last_push(alices: &LocalDeployment) -> Option<PushRecord> {
///     alices.pushes().pop()
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PushRecord {
    /// The version that the project says (`byod/version`), if `byod export` wrote it.
    pub schema_version: Option<f64>,
    /// The modules that the request had, by their paths: `notes.js`.
    pub modules: Vec<String>,
    /// Whether it only asked what would come of it.
    pub dry_run: bool,
    /// How far it has come.
    pub outcome: PushOutcome,
    /// Whether two pushed at once: whoever began it went on with it after another was begun.
    pub overlapped: bool,
}

/// How far a push has come.
///
/// ```
/// use byod_local::{LocalDeployment, PushOutcome};
///
/// fn finished_pushes(alices: &LocalDeployment) -> usize {
///     let pushes = alices.pushes().into_iter();
///     pushes.filter(|push| push.outcome == PushOutcome::Finished).count()
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PushOutcome {
    /// It was begun, and that is all.
    Started,
    /// Documents don't match its schema, which [`wait_for_schema`](PushRecord) said.
    DoesNotFit {
        /// The table of the first.
        table: String,
        /// Why, as Convex says it.
        reason: String,
    },
    /// Another was begun before it was finished.
    Overtaken,
    /// The deployment runs it, or ran it.
    Finished,
}
