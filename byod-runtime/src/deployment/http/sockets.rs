//! WebSockets, on connections that are made as those of calls are: to the same addresses, by the same TLS and proxies.

use std::sync::Arc;

#[cfg(feature = "reqwest")]
use bytes::Bytes;
use hyper::Uri;
use hyper::header::HeaderValue;
#[cfg(feature = "reqwest")]
use hyper::{Request, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout_at;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request as Handshake;
#[cfg(feature = "reqwest")]
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
#[cfg(feature = "reqwest")]
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::connect_limit::connected_by;
use super::failure::{Failed, refused, transport};
use super::floods::Floods;
use super::metered::Metered;
use super::requests::{CLIENT_NAME, CONVEX_CLIENT, Http, Way};
use crate::deployment::context::CallContext;
use crate::deployment::deadline::Deadline;
use crate::deployment::limits::Limits;
use crate::error::Error;

/// A connection that has become a socket's.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A socket to a deployment.
pub(crate) type WebSocket = WebSocketStream<Box<dyn Io>>;

/// Why there is no socket.
#[derive(Debug)]
pub(crate) enum NoSocket {
    /// Something answered, and not with a socket: whoever asks again is answered so again.
    Refused(Error),
    /// There was no answer.
    Failed(Error),
}

impl Http {
    /// Opens a socket whose messages are of at most `largest` bytes.
    pub(crate) async fn socket(
        &self,
        url: &Uri,
        context: CallContext<'_>,
        deadline: Deadline,
        limits: &Limits,
        largest: usize,
        floods: &Arc<Floods>,
    ) -> Result<WebSocket, NoSocket> {
        let left = deadline.left();
        let connect = deadline.of_step(self.connect_limit(limits), left);
        let within = (connect.at(), floods.clone());
        let opening = connected_by(within, self.open(url, context, largest, floods));
        let timeout = |limit, connecting| Error::Timeout {
            call: context.call(),
            limit,
            connecting,
        };
        match timeout_at(deadline.at(), opening).await {
            Err(_) => Err(NoSocket::Failed(timeout(deadline.limit, false))),
            Ok(Ok(socket)) => Ok(socket),
            Ok(Err(NotOpened::Answered(error))) => Err(NoSocket::Refused(error)),
            Ok(Err(NotOpened::Failed(Failed::Otherwise(error)))) => Err(NoSocket::Failed(error)),
            Ok(Err(NotOpened::Failed(Failed::Timeout { connecting }))) => {
                let limit = if connecting {
                    connect.limit
                } else {
                    deadline.limit
                };
                Err(NoSocket::Failed(timeout(limit, connecting)))
            }
        }
    }

    async fn open(
        &self,
        url: &Uri,
        context: CallContext<'_>,
        largest: usize,
        floods: &Arc<Floods>,
    ) -> Result<WebSocket, NotOpened> {
        let handshake = handshake(url, context)?;
        // Most sockets are silent most of the time.
        let config = WebSocketConfig::default()
            .read_buffer_size(8 << 10)
            .max_message_size(Some(largest))
            .max_frame_size(Some(largest));
        match &self.0 {
            Way::BuiltIn(pools) => {
                let io = pools.connect(url.clone()).await;
                let io =
                    io.map_err(|error| NotOpened::Failed(transport(&*error, true, context)))?;
                let io: Box<dyn Io> = Box::new(Metered::before_handshake(io, floods.clone()));
                let opened =
                    tokio_tungstenite::client_async_with_config(handshake, io, Some(config));
                match opened.await {
                    Ok((socket, _)) => Ok(socket),
                    Err(error) => Err(not_a_socket(&error, context)),
                }
            }
            #[cfg(feature = "reqwest")]
            Way::Configured(client) => {
                let key = handshake.headers().get("sec-websocket-key").cloned();
                let accept = key.map(|key| derive_accept_key(key.as_bytes()));
                let (mut parts, ()) = handshake.into_parts();
                parts.uri = url.clone();
                let request = Request::from_parts(parts, Bytes::new());
                let failed = |error: reqwest::Error| {
                    let connecting = super::failure::RequestError::is_connect(&error);
                    NotOpened::Failed(transport(&error, connecting, context))
                };
                let response = client.open(request).await.map_err(failed)?;
                let accepted = response.headers().get("sec-websocket-accept");
                let accepted = accepted.map(HeaderValue::as_bytes);
                if response.status() != StatusCode::SWITCHING_PROTOCOLS
                    || accepted != accept.as_deref().map(str::as_bytes)
                {
                    let status = response.status().as_u16();
                    return Err(NotOpened::Answered(refused(status, None, &[], context)));
                }
                let io = response.upgrade().await.map_err(failed)?;
                let io: Box<dyn Io> = Box::new(Metered::after_handshake(io, floods.clone()));
                Ok(WebSocketStream::from_raw_socket(io, Role::Client, Some(config)).await)
            }
        }
    }
}

enum NotOpened {
    Answered(Error),
    Failed(Failed),
}

fn handshake(url: &Uri, context: CallContext<'_>) -> Result<Handshake, NotOpened> {
    let unusable = |error: &dyn std::fmt::Display| NotOpened::Answered(context.encode(error));
    let mut parts = url.clone().into_parts();
    let secure = parts
        .scheme
        .as_ref()
        .is_none_or(|scheme| scheme.as_str() == "https");
    let scheme = if secure { "wss" } else { "ws" };
    parts.scheme = Some(scheme.parse().map_err(|error| unusable(&error))?);
    let url = Uri::from_parts(parts).map_err(|error| unusable(&error))?;
    let mut request = url
        .into_client_request()
        .map_err(|error| unusable(&error))?;
    const CLIENT: HeaderValue = HeaderValue::from_static(CLIENT_NAME);
    request.headers_mut().insert(CONVEX_CLIENT, CLIENT);
    Ok(request)
}

/// What came in place of a socket.
fn not_a_socket(
    error: &tokio_tungstenite::tungstenite::Error,
    context: CallContext<'_>,
) -> NotOpened {
    use tokio_tungstenite::tungstenite::Error as Ws;
    match error {
        Ws::Http(response) => {
            let body = response.body().as_deref().unwrap_or_default();
            let status = response.status().as_u16();
            NotOpened::Answered(refused(status, None, body, context))
        }
        error => NotOpened::Failed(transport(error, false, context)),
    }
}
