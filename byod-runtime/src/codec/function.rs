use byod_schema::{Injection, Location};

/// One Convex function, as the generated code knows it.
pub struct FunctionInfo {
    /// The table whose module it is in.
    pub table: &'static str,
    /// Where that table lives.
    pub location: Location,
    /// The function path.
    pub path: &'static str,
    /// The call's body up to the arguments: `{"path":…,"format":…,"args":`.
    pub head: &'static str,
    /// The arguments that are filled in where the user's deployment answers. What
    /// the caller gives under these names goes to main only; where it is the subject, and
    /// the caller names somebody else, the call is
    /// [`Error::WrongOwner`](crate::Error::WrongOwner) there.
    pub inject: &'static [(&'static str, Injection)],
}

impl FunctionInfo {
    /// Whether the user's deployment takes an idempotency key with it.
    pub(crate) fn takes_idempotency_key(&self) -> bool {
        let mut injected = self.inject.iter();
        injected.any(|(_, injection)| *injection == Injection::IdempotencyKey)
    }
}
