//! The gateway before main and Alice's own deployment, over real sockets.

mod calls;
mod connecting;
mod limits;
mod network;
mod raw;
mod react;
mod sync;

use axum::Router;
use axum::serve::ListenerExt as _;
use byod_gateway::Settings;

use crate::support::Service;

struct Gateway {
    service: Service,
    /// With the path that it is mounted at.
    url: String,
    alices_token: String,
    bobs_token: String,
}

/// A gateway whose pages are of `https://app.example`.
async fn start(service: Service) -> Gateway {
    start_with(service, |settings| settings).await
}

async fn start_with(service: Service, set: impl FnOnce(Settings) -> Settings) -> Gateway {
    let token = |subject| service.main.token(subject).unwrap();
    let (alices_token, bobs_token) = (token("alice"), token("bob"));
    let settings = Settings::default().origin("https://app.example");
    let app = byod_gateway::router(service.byod.clone(), set(settings));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/convex", listener.local_addr().unwrap());
    // Some tests have a network before it that knows no paths.
    let app = Router::new().nest("/convex", app.clone()).merge(app);
    let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    Gateway {
        service,
        url,
        alices_token,
        bobs_token,
    }
}

/// A client as other programs have it.
fn web() -> reqwest::Client {
    // What others in this process have set is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
