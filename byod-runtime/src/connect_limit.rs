//! How long making a connection may take: a limit per call, though connections are
//! made by a pool that all calls share.
//!
//! The pool asks for a connection inside the call that needs one, so the call's
//! limit is found in its task. Around name resolution, TCP and TLS.

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, timeout_at};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static CONNECTED_BY: Instant;
}

/// Runs a call; a connection that it makes must be there at that time.
pub(crate) async fn connected_by<T>(time: Instant, call: impl Future<Output = T>) -> T {
    CONNECTED_BY.scope(time, call).await
}

/// Sets the limit of the call that needs the connection.
#[derive(Clone, Copy)]
pub(crate) struct ConnectLimit;

impl<S> Layer<S> for ConnectLimit {
    type Service = Limited<S>;

    fn layer(&self, connector: S) -> Limited<S> {
        Limited(connector)
    }
}

/// A connector with the limit.
#[derive(Clone)]
pub(crate) struct Limited<S>(S);

type BoxError = Box<dyn Error + Send + Sync>;

impl<S, R> Service<R> for Limited<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: R) -> Self::Future {
        let connecting = self.0.call(to);
        match CONNECTED_BY.try_get() {
            Ok(time) => Box::pin(async move {
                match timeout_at(time, connecting).await {
                    Ok(connected) => connected,
                    Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
                }
            }),
            // Every call sets one.
            Err(_) => Box::pin(connecting),
        }
    }
}
