//! Makes a client's socket of a request.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use byod_runtime::ProblemDetails;
use byod_sync::server::{Settings as Sync, serve_until};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::view::ClientView;

use crate::settings::Settings;
use crate::state::Gateway;

pub(crate) fn routes() -> Router<Gateway> {
    let of_version =
        async |State(gateway): State<Gateway>, Path(version): Path<String>, request: Request| {
            open(gateway, &version, request)
        };
    let of_none =
        async |State(gateway): State<Gateway>, request: Request| open(gateway, "", request);
    Router::new()
        .route("/sync", get(of_none))
        .route("/{version}/sync", get(of_version))
}

/// Answers that the connection becomes a socket, and serves it.
fn open(gateway: Gateway, version: &str, mut request: Request) -> Response {
    let key = match handshake(request.headers()) {
        Ok(key) => key,
        Err(why) => return ProblemDetails::new(400, "no_websocket", why).into_response(),
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        let why = "this connection can't become a WebSocket's";
        return ProblemDetails::new(426, "no_websocket", why).into_response();
    };
    let Some(mut open) = gateway.settings.ending.open() else {
        let why = "This gateway is about to end.";
        let problem = ProblemDetails::new(503, "ending", why);
        return problem.retry_after(Duration::from_secs(1)).into_response();
    };
    let Ok(place) = gateway.all_sockets.clone().try_acquire_owned() else {
        let why = "This gateway has as many sockets open as it may have.";
        let problem = ProblemDetails::new(503, "too_many_sockets", why);
        return problem.retry_after(Duration::from_secs(1)).into_response();
    };
    let settings = limits(&gateway.settings).for_version(version);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let config = Some(settings.websocket());
        let io = TokioIo::new(upgraded);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, config).await;
        let ended = serve_until(
            socket,
            ClientView::new(gateway),
            settings,
            open.has_to_end(),
        )
        .await;
        tracing::debug!(%ended, "a client's socket has ended");
        drop((place, open));
    });
    let headers = [
        (UPGRADE, HeaderValue::from_static("websocket")),
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (SEC_WEBSOCKET_ACCEPT, key),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}

fn limits(settings: &Settings) -> Sync {
    Sync {
        message_bytes: settings.message_bytes,
        queries: settings.queries_per_socket,
        mutations: settings.mutations_per_socket,
        actions: settings.actions_per_socket,
        mutation_time: settings.mutation_time,
        request_bytes: settings.request_bytes,
        waiting_bytes: settings.waiting_bytes,
        send_time: settings.send_time,
        messages: settings.messages,
        identities: settings.tokens,
        connect_time: settings.authentication_time,
        silence: settings.silence,
        ..Sync::default()
    }
}

/// The answer's key, if it is a WebSocket's handshake.
fn handshake(headers: &HeaderMap) -> Result<HeaderValue, &'static str> {
    let has = |name: HeaderName, word: &str| {
        let values = headers.get_all(name).into_iter();
        let mut texts = values.filter_map(|value| value.to_str().ok());
        texts.any(|text| {
            text.split(',')
                .any(|part| part.trim().eq_ignore_ascii_case(word))
        })
    };
    if !has(UPGRADE, "websocket") || !has(CONNECTION, "upgrade") {
        return Err("a WebSocket's handshake is expected here");
    }
    if !has(SEC_WEBSOCKET_VERSION, "13") {
        return Err("`Sec-WebSocket-Version: 13` is expected");
    }
    let key = headers.get(SEC_WEBSOCKET_KEY);
    let key = key.ok_or("`Sec-WebSocket-Key` is expected")?;
    let key = derive_accept_key(key.as_bytes());
    HeaderValue::from_str(&key).map_err(|_| "`Sec-WebSocket-Key` is expected")
}
