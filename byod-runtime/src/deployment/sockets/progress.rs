//! How far a socket is.

/// How far a socket is; told anew with each message that changes anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// How many of the moments that were asked for have passed.
    pub(crate) passed: u64,
    /// Whether the deployment has confirmed all that was said, who calls among it.
    pub(crate) confirmed: bool,
}
