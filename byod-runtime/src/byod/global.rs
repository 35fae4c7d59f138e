//! The instance that a process has one of.

use once_cell::sync::OnceCell;

use crate::error::Error;
use crate::routing::Byod;

static GLOBAL: OnceCell<Byod> = OnceCell::new();

impl Byod {
    /// The process's own instance: made from the environment at first use
    /// ([`from_env`](Self::from_env)), the same ever after.
    ///
    /// For handlers of serverless functions, tests and `main.rs`, which have no
    /// better place to keep it in. One that is built otherwise is handed over with
    /// [`set_global`](Self::set_global) before.
    ///
    /// [`Error::Config`] names the variable that is missing or can't be used. Nothing
    /// is kept then: the next call tries again.
    ///
    /// Tests may each have a tokio runtime: each runtime has connections of its own, all
    /// else is shared. Clients of `http_client` belong to one runtime alone.
    ///
    /// ```no_run
    /// # use byod_runtime::{Byod, Error, Session};
    /// fn session_of(user_id: &str, subject: &str) -> Result<Session, Error> {
    ///     Ok(Byod::global()?.session(user_id, subject))
    /// }
    /// ```
    pub fn global() -> Result<&'static Self, Error> {
        GLOBAL.get_or_try_init(Self::from_env)
    }

    /// Makes it the process's own instance, which [`global`](Self::global) gives.
    ///
    /// [`Error::Config`] if the process has one already: calls may be under way that
    /// went by its cache and its switches.
    pub fn set_global(byod: Self) -> Result<(), Error> {
        GLOBAL.set(byod).map_err(|_| {
            Error::config(
                "the process has its global `Byod` already; call `Byod::set_global` once, \
                 before anything calls `Byod::global`",
            )
        })
    }
}
