use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, TryFutureExt as _};
use hyper::Uri;
use hyper_util::client::legacy::connect::Connection;
use tower_service::Service;

use super::{Guarded, Wire};
use crate::deployment::http::connect_limit::floods_of_the_call;
use crate::error::BoxError;

/// Guards the connections that another connector makes. What comes of them is counted
/// for the deployment whose call needed the connection.
#[derive(Clone)]
pub(in super::super) struct Guarding<C>(C);

impl<C> Guarding<C> {
    pub(in super::super) fn new(connector: C) -> Self {
        Self(connector)
    }
}

impl<C> Service<Uri> for Guarding<C>
where
    C: Service<Uri, Error = BoxError>,
    C::Future: Send + 'static,
    C::Response: Connection + Wire,
{
    type Response = Guarded<C::Response>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let floods = floods_of_the_call();
        let connecting = self.0.call(to);
        connecting.map_ok(|io| Guarded::new(io, floods)).boxed()
    }
}
