//! Handlers of an axum service that take who calls as an argument.

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use byod_runtime::{Byod, Session};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::support::Service;

/// A service's state has more than byod in it.
#[derive(Clone)]
struct App {
    byod: Byod,
    greeting: &'static str,
}

impl FromRef<App> for Byod {
    fn from_ref(app: &App) -> Self {
        app.byod.clone()
    }
}

async fn mine(session: Session) -> String {
    session.subject().to_string()
}

async fn anybodys(State(app): State<App>, session: Option<Session>) -> String {
    let who = session.map_or("you".to_owned(), |session| session.subject().to_string());
    format!("{} {who}", app.greeting)
}

#[tokio::test]
async fn who_calls_is_an_argument_and_nobody_is_an_answer() {
    let service = Service::start().await;
    let token = service.main.token("alice").unwrap();
    let app = App {
        byod: service.byod.clone(),
        greeting: "Hello,",
    };
    let router = Router::new().route("/mine", get(mine));
    let router = router.route("/", get(anybodys)).with_state(app);
    let ask = async |path: &str, authorization: Option<&str>| {
        let mut request = Request::get(path);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };

    for scheme in ["Bearer", "bearer"] {
        let header = format!("{scheme} {token}");
        let (status, said) = ask("/mine", Some(&header)).await;
        assert_eq!((status, &*said), (StatusCode::OK, "alice"));
        let (_, said) = ask("/", Some(&header)).await;
        assert_eq!(said, "Hello, alice");
    }
    let (status, said) = ask("/", None).await;
    assert_eq!((status, &*said), (StatusCode::OK, "Hello, you"));

    // Whoever says who they are has to be that, also where nobody has to be anybody.
    for (path, authorization) in [
        ("/mine", None),
        ("/mine", Some("Bearer of.no.one")),
        ("/mine", Some("Bearer ")),
        ("/mine", Some("Basic YTpi")),
        ("/", Some("Bearer of.no.one")),
        ("/", Some("Convex key")),
    ] {
        let (status, said) = ask(path, authorization).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path} {authorization:?}");
        assert!(said.contains(r#""code":"unauthenticated""#), "{said}");
    }
}
