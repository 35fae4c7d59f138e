//! What was asked of a deployment, for tests to look at.

use std::collections::VecDeque;

use crate::auth::AuthKind;

/// How many records are kept; the oldest go first.
const KEPT: usize = 100_000;

/// One HTTP request that a deployment answered.
///
/// ```
/// use byod_local::LocalDeployment;
///
/// /// How often a function was called.
/// fn calls(main: &LocalDeployment, path: &str) -> usize {
///     let requests = main.requests();
///     requests.iter().filter(|request| request.functions.iter().any(|called| called == path)).count()
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// The path of the URL: `/api/query`.
    pub endpoint: String,
    /// The functions that it called: one, several in a batch, or none where the
    /// request could not be read.
    pub functions: Vec<String>,
    /// How the caller was authenticated; `None` also where that failed.
    pub auth: AuthKind,
    /// The HTTP status of the answer.
    pub status: u16,
}

/// The requests since the start or the last reset.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    count: u64,
    last: VecDeque<RequestRecord>,
}

impl Requests {
    pub(crate) fn add(&mut self, record: RequestRecord) {
        self.count += 1;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(record);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        self.last.iter().cloned().collect()
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}
