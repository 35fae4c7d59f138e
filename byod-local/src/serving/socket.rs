//! Makes a socket of a request.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use byod_sync::server::{Settings, serve};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::core::Core;
use super::live::Live;

type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The socket that a connection becomes, if it does.
#[derive(Clone, Default)]
pub(crate) struct Sockets(Arc<Mutex<Option<Serving>>>);

impl Sockets {
    fn add(&self, serving: Serving) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(serving);
    }

    /// Serves it to its end.
    pub(crate) async fn serve(self) {
        let socket = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(serving) = socket {
            serving.await;
        }
    }
}

/// The client's version in the path of a socket: of `/api/1.48.0/sync`, and none of `/api/sync`.
pub(crate) fn version(path: &str) -> Option<&str> {
    let version = path.strip_prefix("/api/")?.strip_suffix("sync")?;
    match version.strip_suffix('/') {
        None => version.is_empty().then_some(version),
        Some(version) => (!version.contains('/')).then_some(version),
    }
}

/// Answers that the connection becomes a socket.
pub(crate) fn open(
    core: &Arc<Core>,
    sockets: &Sockets,
    mut request: Request<Incoming>,
    version: &str,
) -> Result<Response<Full<Bytes>>, &'static str> {
    let has = |name: HeaderName, word: &str| {
        let values = request.headers().get_all(name).into_iter();
        let mut texts = values.filter_map(|value| value.to_str().ok());
        texts.any(|text| {
            text.split(',')
                .any(|part| part.trim().eq_ignore_ascii_case(word))
        })
    };
    if request.method() != Method::GET || !has(UPGRADE, "websocket") || !has(CONNECTION, "upgrade")
    {
        return Err("Expected a WebSocket's handshake");
    }
    if !has(SEC_WEBSOCKET_VERSION, "13") {
        return Err("Expected `Sec-WebSocket-Version: 13`");
    }
    let key = request.headers().get(SEC_WEBSOCKET_KEY);
    let key = derive_accept_key(key.ok_or("Expected `Sec-WebSocket-Key`")?.as_bytes());
    let settings = Settings::default().for_version(version);
    let live = Live::new(core.clone());
    let upgrade = hyper::upgrade::on(&mut request);
    sockets.add(Box::pin(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let stream = TokioIo::new(upgraded);
        let config = Some(settings.websocket());
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, config).await;
        // How it ended concerns the client only.
        let _ = serve(socket, live, settings).await;
    }));

    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    let key = HeaderValue::from_str(&key).map_err(|_| "Expected `Sec-WebSocket-Key`")?;
    headers.insert(SEC_WEBSOCKET_ACCEPT, key);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_path_of_a_socket_may_have_a_version() {
        assert_eq!(version("/api/sync"), Some(""));
        assert_eq!(version("/api/1.48.0/sync"), Some("1.48.0"));
        for other in [
            "/api/query",
            "/sync",
            "/api/a/b/sync",
            "/api/async",
            "/api/sync/",
        ] {
            assert_eq!(version(other), None, "{other}");
        }
    }
}
