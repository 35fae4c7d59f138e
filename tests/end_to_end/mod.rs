//! The example service end to end: generated wrappers, HTTP, and the real
//! TypeScript of both projects. It runs in Node by `convex-test`, or, where
//! `BYOD_LIVE_*` names deployments of Convex itself, there.

/// A call whose only argument is a document's id.
macro_rules! by_id {
    ($session:expr, $module:ident::$function:ident, $arguments:ident, $id:expr) => {
        $module::$function($session, $module::$arguments { id: $id.clone() })
    };
}

/// The value of a call, which that deployment must have answered.
macro_rules! from {
    ($location:expr, $call:expr) => {{
        let answer = $call.routed().await.unwrap();
        assert_eq!(answer.deployment.location(), $location);
        answer.value
    }};
}

mod connecting;
mod documents;
mod history;
mod idempotency;
mod main_tables;
mod ownership;
mod refusals;
mod rotation;
mod signed_in;
mod wrappers;
