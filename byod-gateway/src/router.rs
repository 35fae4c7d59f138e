//! Everything that a gateway answers.

use axum::error_handling::HandleErrorLayer;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method, StatusCode};
use axum::middleware::{from_fn_with_state, map_request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{BoxError, Router};
use byod_runtime::{Byod, ProblemDetails};
use tower::ServiceBuilder;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use crate::settings::Settings;
use crate::state::Gateway;
use crate::{admin, api, connection, sync};

/// Everything that a gateway answers, to be mounted where the app's clients look for their deployment: at the root of a
/// host, or at a path (`Router::nest("/convex", …)`).
///
/// | path | |
/// | --- | --- |
/// | `POST /api/query`, `/api/mutation`, `/api/action`, `/api/run/{module}/{function}` | calls, as Convex's HTTP API has them |
/// | `GET /api/sync`, `/api/{version}/sync` | Convex's sync protocol over a WebSocket: queries that are watched, mutations and actions |
/// | `GET /byod/status`, `GET /byod/events` | how the caller's own deployment is doing, now and after every change |
/// | `POST /byod/connect`, `/byod/rotate`, `/byod/test`, `/byod/disconnect` | what the caller does about it |
/// | `GET /byod/admin` | a page about all users' deployments, with an [operator's token](Settings::operator_token) alone |
/// | `GET /version` | the gateway's version |
///
/// Anything else is refused: deploy keys, internal functions and what deploys code go to deployments themselves. Who
/// calls is what main says of the token that is sent.
///
/// ```
/// use byod_gateway::{Settings, router};
///
/// /// Beside a service's own routes.
/// fn app(byod: byod_runtime::Byod, own: axum::Router) -> axum::Router {
///     own.nest("/convex", router(byod, Settings::default()))
/// }
/// ```
pub fn router(byod: Byod, settings: Settings) -> Router {
    let body_limit = settings.body_limit;
    let admin = settings
        .operator
        .clone()
        .map(|token| admin::routes(byod.clone(), token, &settings));
    let gateway = Gateway::new(byod, settings);
    let calls = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |_: BoxError| {
            api::too_many(StatusCode::SERVICE_UNAVAILABLE)
        }))
        .load_shed()
        .concurrency_limit(gateway.settings.calls_at_once);
    let api = api::routes()
        .layer(calls)
        .layer(from_fn_with_state(gateway.settings.body_time, api::read))
        .merge(sync::routes())
        .layer(DefaultBodyLimit::max(body_limit))
        .layer(as_convex());
    let connection = connection::routes()
        .route("/events", get(connection::events))
        .layer(map_request(connection::with_host))
        .layer(pages(&gateway.settings));
    let all = match admin {
        Some(admin) => Router::new().nest("/byod/admin", admin),
        None => Router::new(),
    };
    all.nest("/api", api)
        .nest("/byod", connection)
        .route("/version", get(env!("CARGO_PKG_VERSION")))
        .fallback(nothing)
        .with_state(gateway)
}

async fn nothing() -> Response {
    let detail = "There is nothing here: a gateway has `/api/query`, `/api/mutation`, `/api/action`, `/api/run/…` and \
                  `/byod/…`. What deploys code, and calls by deploy key, go to the deployment itself.";
    ProblemDetails::new(StatusCode::NOT_FOUND.as_u16(), "not_found", detail).into_response()
}

/// Pages of every origin may call functions, as on a deployment: a token says who calls, and no cookie does.
fn as_convex() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .allow_methods(AllowMethods::list([Method::POST]))
        .allow_credentials(true)
        .expose_headers([api::ANSWERED_BY])
}

/// Pages that may connect and disconnect deployments.
fn pages(settings: &Settings) -> CorsLayer {
    let origins = settings.origins.clone();
    let allowed = AllowOrigin::predicate(move |origin, _| {
        origin.to_str().is_ok_and(|origin| origins.contains(origin))
    });
    let headers = ["authorization", "content-type"].map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_headers(headers)
        .allow_methods([Method::GET, Method::POST])
}
