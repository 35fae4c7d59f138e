//! How long making a connection may take: a limit per call, though connections are
//! made by a pool that all calls share.
//!
//! The pool asks for a connection inside the call that needs one, so the call's
//! limit is found in its task. Around name resolution, proxy, TCP and TLS.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

use super::floods::Floods;
use crate::error::BoxError;

tokio::task_local! {
    static CALL: OfCall;
}

/// What a connection gets from the call that needs it.
struct OfCall {
    connected_by: Instant,
    floods: Arc<Floods>,
}

/// Runs a call; a connection that it makes must be there at that time, and what comes on
/// it unasked is counted there.
pub(super) async fn connected_by<T>(
    (connected_by, floods): (Instant, Arc<Floods>),
    call: impl Future<Output = T>,
) -> T {
    let of_call = OfCall {
        connected_by,
        floods,
    };
    CALL.scope(of_call, call).await
}

/// Where what comes unasked on a connection that this call makes is counted.
pub(super) fn floods_of_the_call() -> Arc<Floods> {
    let floods = CALL.try_with(|call| call.floods.clone());
    floods.unwrap_or_default()
}

/// How much time the call that this runs in has for a connection.
pub(super) fn left_to_connect() -> Option<Duration> {
    let time = CALL.try_with(|call| call.connected_by).ok()?;
    Some(time.saturating_duration_since(Instant::now()))
}

/// Why a connection was given up.
#[derive(Debug, thiserror::Error)]
#[error("no connection in time")]
pub(super) struct TooLate;

/// A connector with the limit of the call that needs the connection. The pool copies
/// it for every request, which shares one.
#[derive(Clone)]
pub(super) struct Limited<C>(Arc<C>);

impl<C> Limited<C> {
    pub(super) fn new(connector: C) -> Self {
        Self(Arc::new(connector))
    }
}

/// Whatever is connected to: the clients name it by types of their own.
impl<C, T> Service<T> for Limited<C>
where
    C: Service<T, Error = BoxError> + Clone + Send + Sync + 'static,
    T: Send + 'static,
    C::Future: Send,
    C::Response: Send,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<C::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: T) -> Self::Future {
        let mut connector = C::clone(&self.0);
        let connecting = async move {
            poll_fn(|context| connector.poll_ready(context)).await?;
            connector.call(to).await
        };
        match CALL.try_with(|call| call.connected_by) {
            Ok(time) => async move {
                match timeout_at(time, connecting).await {
                    // The last address may be given up in the same moment.
                    Ok(Err(error)) if Instant::now() < time => Err(error),
                    Ok(Ok(connection)) => Ok(connection),
                    _ => Err(TooLate.into()),
                }
            }
            .boxed(),
            // Every call sets one.
            Err(_) => connecting.boxed(),
        }
    }
}
