//! The example service end to end: generated wrappers, HTTP, and the real
//! TypeScript of both projects. It runs in Node by `convex-test`, or, where
//! `BYOD_LIVE_*` names deployments of Convex itself, there.

#[path = "../support/node.rs"]
#[allow(dead_code, reason = "others use the rest of it")]
mod node;
#[path = "../support/world.rs"]
mod world;

mod connecting;
mod documents;
mod ownership;
mod refusals;
mod wrappers;
