//! The deployment that all contenders call: a fixed and fast server with prepared
//! answers, so that what is measured is the callers. It speaks HTTP/1.1 with
//! connections kept alive, and the protocol of the official client's WebSocket.
//! It runs in a process of its own, on a core of its own; see [`Process`].

mod answers;
mod documents;
mod http;
mod process;
mod serving;
mod sync;

pub use answers::{DEPLOY_KEY, ELSEWHERE, ENCRYPTION_KEY, LARGE, SMALL};
pub use documents::{conversations, success};
pub use process::{Process, Spent, end_with_standard_input};
pub use serving::serve;
