//! Errors for tests of what is done about them.

use super::call::Call;
use super::variants::Error;
use crate::error::Endpoint;

pub(crate) fn call(endpoint: Endpoint) -> Box<Call> {
    Box::new(Call {
        deployment: "happy-animal-123.convex.cloud".into(),
        endpoint,
        path: "messages:list".into(),
        repeatable: endpoint.only_reads(),
        perhaps_ran: false,
    })
}

pub(crate) fn interrupted() -> Error {
    Error::Interrupted {
        call: call(Endpoint::Query),
        reason: "reset".into(),
    }
}

pub(crate) fn function() -> Error {
    Error::Function {
        call: call(Endpoint::Query),
        message: "no".into(),
        data: None,
    }
}

pub(crate) fn status(status: u16) -> Error {
    Error::Status {
        call: call(Endpoint::Query),
        status,
        code: None,
        message: "".into(),
        retry_after: None,
    }
}
