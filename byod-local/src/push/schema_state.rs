use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::store::Misfit;

/// How far the schema of a push is.
#[derive(Debug)]
pub(crate) enum SchemaState {
    Complete,
    /// Indexes are built for that much longer.
    InProgress {
        indexes: usize,
        left: Duration,
    },
    Failed(Misfit),
    RaceDetected,
}

impl SchemaState {
    /// What `wait_for_schema` answers.
    pub(crate) fn answer(&self) -> Json {
        match self {
            Self::Complete => json!({"type": "complete"}),
            Self::InProgress { indexes, .. } => {
                let root = json!({
                    "schemaValidationComplete": true,
                    "indexesComplete": 0,
                    "indexesTotal": indexes,
                });
                json!({"type": "inProgress", "components": {"": root}})
            }
            Self::Failed(Misfit { table, reason }) => json!({
                "type": "failed", "error": reason, "componentPath": "", "tableName": table,
            }),
            Self::RaceDetected => json!({"type": "raceDetected"}),
        }
    }
}
