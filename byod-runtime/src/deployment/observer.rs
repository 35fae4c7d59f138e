use std::fmt;

use crate::error::Error;

/// Is told what comes of a client's calls, each attempt by itself.
pub(crate) trait Observer: fmt::Debug + Send + Sync {
    /// A call was answered.
    fn answered(&self);

    /// A call failed.
    fn failed(&self, error: &Error);
}
