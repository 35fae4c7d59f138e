//! Main's actions ask for a user's data where that is: both sides run their real functions,
//! each over HTTP.

mod attacks;
mod calls;
mod files;
mod hostile;
mod outbox;
mod sealed;
mod world;
mod written;
