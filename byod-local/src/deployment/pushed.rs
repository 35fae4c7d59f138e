//! What was pushed to a running deployment, and what becomes of what is.

use std::time::Duration;

use super::running::LocalDeployment;
use crate::push::{PushFault, PushRecord};

impl LocalDeployment {
    /// The pushes that were begun, oldest first: the last 1,000.
    pub fn pushes(&self) -> Vec<PushRecord> {
        self.core.pushes.records()
    }

    /// Lets that many pushes that begin from now on fail.
    pub fn fail_pushes(&self, fault: PushFault, times: usize) {
        self.core.pushes.fail(fault, times);
    }

    /// Sets how long it takes to build the indexes that a push adds.
    pub fn set_index_building(&self, time: Duration) {
        self.core.pushes.set_index_building(time);
    }

    /// Sets an environment variable; see [`Local::environment_variable`](crate::Local::environment_variable).
    /// A push that is under way is refused then.
    pub fn set_environment_variable(&self, name: impl Into<String>, value: impl Into<String>) {
        self.core
            .pushes
            .set_environment_variable(name.into(), value.into());
    }
}
