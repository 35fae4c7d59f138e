//! TCP connections, to whichever address of a name answers first.

use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tower_service::Service;

use super::connect_limit::left_to_connect;
use crate::address::Resolver;

/// When a connection on which nothing comes is asked whether it is still there, and
/// how often and how many times before it is given up.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_TIMES: u32 = 3;

/// How long what was sent may be without an acknowledgement.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Connects to a host, or to a proxy.
///
/// The addresses of a name share the time that the call has, so that one that is
/// silent leaves some to the next; or the usual time, if that is more, so that who is
/// in a hurry gives up none that is only slow.
#[derive(Clone)]
pub(super) struct Tcp {
    connector: HttpConnector<Resolver>,
    usual: Duration,
}

impl Tcp {
    pub(super) fn new(resolver: Resolver, usual: Duration) -> Self {
        let mut connector = HttpConnector::new_with_resolver(resolver);
        // TLS comes on top.
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_keepalive(Some(KEEPALIVE));
        connector.set_keepalive_interval(Some(KEEPALIVE));
        connector.set_keepalive_retries(Some(KEEPALIVE_TIMES));
        #[cfg(target_os = "linux")]
        connector.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        Self { connector, usual }
    }
}

impl Service<Uri> for Tcp {
    type Response = <HttpConnector<Resolver> as Service<Uri>>::Response;
    type Error = <HttpConnector<Resolver> as Service<Uri>>::Error;
    type Future = <HttpConnector<Resolver> as Service<Uri>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let shared = left_to_connect().map(|left| left.max(self.usual));
        self.connector.set_connect_timeout(shared);
        self.connector.call(to)
    }
}
