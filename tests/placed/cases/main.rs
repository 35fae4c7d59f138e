//! Functions of any module reach the deployment where what they touch is, or are refused
//! before anything is sent.

mod law;
mod paths;
mod registry;
mod service;
mod wrappers;

use byod_runtime::{Error, Outcome, Refusal};

/// What a call gives on main, and on the user's deployment.
macro_rules! from {
    ($location:ident, $call:expr) => {{
        let answer = $call.routed().await.unwrap();
        assert_eq!(
            answer.deployment.location(),
            byod_runtime::Location::$location
        );
        answer.value
    }};
}

/// The refusal of a call that cost no request.
macro_rules! refused {
    ($service:expr, $call:expr) => {{
        let call = $call;
        let path = call.path();
        let error = call.await.unwrap_err();
        assert_eq!($service.cost(), (0, 0), "{path}: nothing was sent");
        $crate::not_served(path, &error)
    }};
}

fn not_served(path: &str, error: &Error) -> Refusal {
    let Error::NotServed {
        call,
        refusal,
        reason,
    } = error
    else {
        panic!("{path}: {error}");
    };
    assert_eq!(call.function_path(), path);
    assert_eq!(error.kind(), "not_served");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert!(!error.is_retryable());
    let said = format!("not served to users with a deployment of their own: it {reason}");
    assert!(error.to_string().ends_with(&said), "{error}");
    *refusal
}

pub(crate) use {from, refused};
