//! What queries give since the last commit, for all clients that it touched.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use byod_sync::{Json, QueryResult, Timestamp, Token};

use crate::store::Read;

/// A query, and who asks.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) token: Token,
    pub(super) path: String,
    pub(super) args: Json,
    pub(super) component: Option<String>,
    /// Where its page ended before.
    pub(super) page_end: Option<String>,
}

/// What it gives.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) result: QueryResult,
    pub(super) journal: Option<String>,
    /// What it read.
    pub(super) reads: Arc<[Read]>,
}

/// What queries give at the present moment of the database.
#[derive(Default)]
pub(super) struct Present {
    ts: Timestamp,
    given: HashMap<Question, Given>,
}

impl Present {
    pub(super) fn get(&self, ts: Timestamp, question: &Question) -> Option<Given> {
        let given = self.given.get(question).filter(|_| self.ts == ts);
        given.cloned()
    }

    /// Keeps it until the next commit.
    pub(super) fn keep(&mut self, ts: Timestamp, question: Question, given: Given) {
        if self.ts != ts {
            self.ts = ts;
            self.given = HashMap::new();
        }
        self.given.insert(question, given);
    }
}

/// Whose clients ask the same is seldom different, and tokens are long.
impl Hash for Question {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.path, &self.args).hash(state);
    }
}

/// Shows no value: they are users'.
impl std::fmt::Debug for Present {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Present({} queries)", self.given.len())
    }
}
