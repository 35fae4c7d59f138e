//! A stack that is made for what recurses as deep as a program is nested.

use std::panic;
use std::thread;

use crate::error::Error;

/// What compiling the deepest nesting that is compiled takes, unoptimized too. Of
/// memory it costs what is used.
pub(crate) const COMPILER_STACK: usize = 256 << 20;

/// Runs `work` on a stack that holds whatever [`check_nesting`](crate::check_nesting)
/// lets pass, and gives what it gives.
///
/// # Errors
///
/// Where the system has no memory for the stack.
pub fn with_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .stack_size(COMPILER_STACK)
            .spawn_scoped(scope, work)
            .map_err(|error| Error::Engine(error.to_string()))?;
        Ok(thread
            .join()
            .unwrap_or_else(|cause| panic::resume_unwind(cause)))
    })
}
