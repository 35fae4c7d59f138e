//! The gateway before main and Alice's own deployment, over real sockets.

mod calls;
mod connecting;
mod react;

use std::collections::HashMap;

use axum::Router;
use byod_gateway::{Caller, Resolve, Settings};
use byod_runtime::{Byod, Error};

use crate::support::Service;

/// A service's own way to say who calls: tokens that it has given out.
#[derive(Clone, Debug)]
struct Tokens(HashMap<String, Caller>);

impl Resolve for Tokens {
    fn resolve<'a>(
        &'a self,
        _: &'a Byod,
        token: &'a str,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Option<Caller>, Error>> + Send + 'a>> {
        Box::pin(async move { Ok(self.0.get(token).cloned()) })
    }
}

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
    let who = |id: &str, subject: &str| {
        let caller = Caller {
            user_id: id.into(),
            subject: subject.into(),
        };
        (service.main.token(subject).unwrap(), caller)
    };
    let (alice, bob) = (who(&service.alice_id, "alice"), who(&service.bob_id, "bob"));
    let (alices_token, bobs_token) = (alice.0.clone(), bob.0.clone());
    let tokens = Tokens([alice, bob].into());
    let settings = Settings::default()
        .origin("https://app.example")
        .resolve_with(tokens);
    let app = byod_gateway::router(service.byod.clone(), set(settings));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/convex", listener.local_addr().unwrap());
    let app = Router::new().nest("/convex", app);
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
