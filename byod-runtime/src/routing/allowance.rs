//! How much is taken to main from a deployment that is in its owner's hands.

/// What one user may bring to main.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Documents, and as many files.
    pub(crate) documents: u64,
    /// Of both, together.
    pub(crate) bytes: u64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            documents: 2_000_000,
            bytes: 4 << 30,
        }
    }
}
