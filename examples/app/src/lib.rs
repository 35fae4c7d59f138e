//! An example app: a chat in the browser. Its page is an app on Convex as any other, whose client has the gateway's URL;
//! main, Alice's own deployment and the gateway run inside this process. `cargo run --example app` serves it.

mod failure;
mod functions;
mod page;
mod serving;

pub use failure::Failure;
pub use functions::create_message;
pub use serving::App;
