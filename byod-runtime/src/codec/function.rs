use byod_schema::{FunctionType, Injection, Refusal};

/// One public function of main, and where it runs. `functions!()` lists all of them.
///
/// ```
/// use byod_runtime::{FunctionInfo, FunctionType};
///
/// /// Of `functions!()`, what changes something.
/// fn writing(functions: &[FunctionInfo]) -> Vec<&'static str> {
///     let writing = functions.iter().filter(|function| function.kind != FunctionType::Query);
///     writing.map(|function| function.path).collect()
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// The function path.
    pub path: &'static str,
    /// Query, mutation or action.
    pub kind: FunctionType,
    /// Where it runs for a user who connected a deployment.
    pub runs: Runs,
    /// What spans and metrics call `table`: the table that it is called for, or else
    /// its module.
    pub table: &'static str,
    /// The users' tables whose [`Rollout`](crate::Rollout) counts for it: the one that it
    /// is called for, or else all that it touches. Where it is none, the switch for all.
    pub switches: &'static [&'static str],
    /// The call's body up to the arguments: `{"path":…,"format":…,"args":`.
    pub head: &'static str,
    /// The arguments that are filled in where the user's deployment answers. What
    /// the caller gives under these names goes to main only; where it is the subject, and
    /// the caller names somebody else, the call is
    /// [`Error::WrongOwner`](crate::Error::WrongOwner) there.
    pub inject: &'static [(&'static str, Injection)],
    /// The tables of main of which it reads the caller's copies where the user's
    /// deployment answers; where it runs on main, those that it may write, so that copies
    /// are out of date then.
    pub mirror: &'static [&'static str],
    /// Whether it may leave rows there that are to be applied on main.
    pub outbox: bool,
    /// The version of the exported project that it is of where the user's deployment
    /// answers; 0 where that isn't known. Where an older deployment doesn't have it yet, or
    /// not one of the arguments that it takes, a call is
    /// [`Error::SchemaOutdated`](crate::Error::SchemaOutdated).
    pub schema_version: u64,
    /// The arguments that it takes there, but for those that are filled in.
    pub takes: &'static [&'static str],
}

/// Where a function of main runs for a user who connected a deployment. For everybody
/// else it runs on main.
///
/// ```
/// use byod_runtime::{Router, Runs};
///
/// /// Why users with a deployment of their own don't have it.
/// fn refused(router: Router, path: &str) -> Option<&'static str> {
///     match router.function(path)?.runs {
///         Runs::Refused { reason, .. } => Some(reason),
///         _ => None,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// On the user's deployment.
    User,
    /// On main, by right.
    Main {
        /// It reads users' tables there, and so sees nothing of what connected users
        /// have on their own deployments.
        sees_no_connected: bool,
    },
    /// On main, in an action that asks for the user's data where that is. Main has to be
    /// told who calls: without the user's token
    /// ([`Session::with_token`](crate::Session::with_token)) it is
    /// [`Error::NotServed`](crate::Error::NotServed) for connected users.
    Asks,
    /// Nowhere: it is [`Error::NotServed`](crate::Error::NotServed) before anything is
    /// sent.
    Refused {
        /// Which kind of reason it is.
        refusal: Refusal,
        /// The reason, in words that complete "it …".
        reason: &'static str,
    },
}

impl Runs {
    /// Whether it runs on main without what connected users have elsewhere.
    pub fn sees_no_connected(self) -> bool {
        matches!(
            self,
            Self::Main {
                sees_no_connected: true
            }
        )
    }
}

impl FunctionInfo {
    /// Whether the user's deployment takes an idempotency key with it.
    pub(crate) fn takes_idempotency_key(&self) -> bool {
        let mut injected = self.inject.iter();
        injected.any(|(_, injection)| *injection == Injection::IdempotencyKey)
    }
}
