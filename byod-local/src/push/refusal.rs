use std::fmt;

/// Why a push does not go on. The answer is `{"code", "message"}`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NotPushed {
    /// The HTTP status.
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl NotPushed {
    /// What is pushed, or the deployment, is not as it has to be.
    pub(super) fn new(code: &'static str, reason: impl fmt::Display) -> Self {
        Self {
            status: 400,
            code,
            message: format!("Hit an error while pushing:\n{reason}"),
        }
    }

    /// It builds on what isn't there.
    pub(super) fn conflict(code: &'static str, reason: impl fmt::Display) -> Self {
        Self {
            status: 409,
            ..Self::new(code, reason)
        }
    }

    pub(super) fn is_internal(&self) -> bool {
        self.status == 500
    }

    /// The deployment's own fault.
    pub(super) fn internal(reason: impl fmt::Display) -> Self {
        Self {
            status: 500,
            ..Self::new("InternalServerError", reason)
        }
    }
}
