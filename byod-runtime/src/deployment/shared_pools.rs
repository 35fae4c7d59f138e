//! The connection pools of clients that belong to no `Byod`.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Handle, Id};

use super::http::Http;
use super::limits::Limits;
use crate::address::Resolver;
use crate::error::Error;

/// How many runtimes' pools are kept. A service has one runtime, tests have many,
/// one after the other.
const KEPT: usize = 16;

/// The pool of the tokio runtime that this is called in, made on first use.
///
/// Connections are driven by tasks of the runtime in which they were made, and break
/// when it ends: another runtime must not find them.
pub(crate) fn of_this_runtime() -> Result<Http, Error> {
    static POOLS: Mutex<VecDeque<(Option<Id>, Http)>> = Mutex::new(VecDeque::new());
    let runtime = Handle::try_current().ok().map(|handle| handle.id());
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, pool)) = pools.iter().find(|(known, _)| *known == runtime) {
        return Ok(pool.clone());
    }
    let pool = Http::built_in(&[], Resolver::default(), Limits::default().connect)?;
    if pools.len() == KEPT {
        pools.pop_front();
    }
    pools.push_back((runtime, pool.clone()));
    Ok(pool)
}
