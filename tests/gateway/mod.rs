//! The gateway before main and Alice's own deployment, over real sockets.

mod brought;
mod calls;
mod connecting;
mod late;
mod limits;
mod moving;
mod neighbour;
pub(crate) mod network;
mod polled;
pub(crate) mod raw;
mod react;
pub(crate) mod sync;

use std::net::SocketAddr;

use axum::Router;
use axum::serve::ListenerExt as _;
use byod_gateway::Settings;

use self::network::{Network, Way};
use crate::support::Service;

pub(crate) struct Gateway {
    pub(crate) service: Service,
    /// With the path that it is mounted at, over a network that remembers what it brought.
    pub(crate) url: String,
    pub(crate) alices_token: String,
    pub(crate) bobs_token: String,
    network: Network,
    /// Where it is itself.
    address: SocketAddr,
}

/// A gateway whose pages are of `https://app.example`.
pub(crate) async fn start(service: Service) -> Gateway {
    start_with(service, |settings| settings).await
}

pub(crate) async fn start_with(
    service: Service,
    set: impl FnOnce(Settings) -> Settings,
) -> Gateway {
    let token = |subject| service.main.token(subject).unwrap();
    let (alices_token, bobs_token) = (token("alice"), token("bob"));
    let settings = Settings::default().origin("https://app.example");
    let app = byod_gateway::router(service.byod.clone(), set(settings));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Some tests have a network before it that knows no paths.
    let app = Router::new().nest("/convex", app.clone()).merge(app);
    let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let network = Network::start(Way::To(address)).await;
    Gateway {
        service,
        url: format!("http://{}/convex", network.address),
        alices_token,
        bobs_token,
        network,
        address,
    }
}

/// A client as other programs have it.
pub(crate) fn web() -> reqwest::Client {
    // What others in this process have set is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
