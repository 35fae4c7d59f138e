//! Accepts connections, HTTP/1.1 or HTTP/2 with prior knowledge.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::{ServiceBuilder, service_fn};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use super::core::Core;
use super::http;
use super::socket::Sockets;

/// Serves until it is dropped, which also closes every connection.
pub(crate) async fn serve(listener: TcpListener, core: Arc<Core>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A failed accept is the client's loss, not the deployment's end.
                let Ok((stream, _)) = accepted else { continue };
                // Only speed is at stake.
                let _ = stream.set_nodelay(true);
                let core = core.clone();
                connections.spawn(async move {
                    let sockets = Sockets::default();
                    let asked = sockets.clone();
                    let answer = service_fn(move |request| {
                        let (core, sockets) = (core.clone(), asked.clone());
                        async move {
                            Ok::<_, Infallible>(http::answer(&core, &sockets, request).await)
                        }
                    });
                    let answer = ServiceBuilder::new().layer(any_page()).service(answer);
                    let answer = TowerToHyperService::new(answer);
                    let http = Builder::new(TokioExecutor::new());
                    let stream = TokioIo::new(stream);
                    // A connection that breaks concerns its client only.
                    let _ = http.serve_connection_with_upgrades(stream, answer).await;
                    sockets.serve().await;
                });
            }
            // Ended connections are forgotten.
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Pages of every origin may call functions: a token says who calls, and no cookie does.
fn any_page() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .allow_methods(AllowMethods::mirror_request())
        .allow_credentials(true)
        .max_age(Duration::from_secs(24 * 60 * 60))
}
