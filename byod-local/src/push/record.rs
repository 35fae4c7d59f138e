/// One push that was begun, as far as it came.
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
}

/// How far a push has come.
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
