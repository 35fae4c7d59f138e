//! `/byod/…`: the caller's own deployment, connected, tested, changed and disconnected.

use std::time::Duration;

use axum::extract::{FromRequest, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use byod_runtime::{ConnectionTest, Credentials, ProblemDetails, Session, UserStatus};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::SemaphorePermit;

use crate::callers::{Authorization, unauthenticated};
use crate::open_streams::Place;
use crate::state::{Gateway, Whose};

/// More than any credentials have, in bytes.
const LARGEST_BODY: usize = 16 << 10;

pub(crate) fn routes() -> Router<Gateway> {
    Router::new()
        .route("/status", get(status))
        .route("/connect", post(connect))
        .route("/rotate", post(rotate))
        .route("/test", post(test))
        .route("/disconnect", post(disconnect))
}

/// What a user enters.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entered {
    deployment_url: String,
    deploy_key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl From<Entered> for Credentials {
    fn from(entered: Entered) -> Self {
        Self::new(entered.deployment_url, entered.deploy_key)
    }
}

async fn status(State(gateway): State<Gateway>, headers: HeaderMap) -> Response {
    let status = async {
        let caller = caller(&gateway, &headers).await?;
        let user = caller.session.user_id().clone();
        let status: UserStatus = gateway.byod.status(user).await?;
        Ok::<_, ProblemDetails>(status)
    };
    answer(status.await)
}

async fn connect(State(gateway): State<Gateway>, asked: Asked<Entered>) -> Response {
    answer(
        change(&gateway, asked, async |session, entered| {
            let (user, subject) = (session.user_id().clone(), session.subject().clone());
            gateway.byod.connect(user, subject, &entered.into()).await
        })
        .await,
    )
}

async fn rotate(State(gateway): State<Gateway>, asked: Asked<Entered>) -> Response {
    answer(
        change(&gateway, asked, async |session, entered| {
            let (user, subject) = (session.user_id().clone(), session.subject().clone());
            gateway
                .byod
                .rotate_credentials(user, subject, &entered.into())
                .await
        })
        .await,
    )
}

async fn test(State(gateway): State<Gateway>, asked: Asked<Nothing>) -> Response {
    let test = change(&gateway, asked, async |session, Nothing {}| {
        gateway
            .byod
            .test_connection(session.user_id().clone())
            .await
    });
    let test: Result<ConnectionTest, ProblemDetails> = test.await;
    answer(test)
}

async fn disconnect(State(gateway): State<Gateway>, asked: Asked<Nothing>) -> Response {
    answer(
        change(&gateway, asked, async |session, Nothing {}| {
            let user = session.user_id().clone();
            gateway.byod.disconnect(user.clone()).await?;
            gateway.byod.status(user).await
        })
        .await,
    )
}

/// Does something to the caller's own record, and to nobody else's.
async fn change<B, T>(
    gateway: &Gateway,
    Asked { headers, body }: Asked<B>,
    act: impl AsyncFnOnce(Session, B) -> Result<T, byod_runtime::Error>,
) -> Result<T, ProblemDetails> {
    let body = body?;
    let Caller { session, _places } = caller(gateway, &headers).await?;
    gateway.count_connect(session.user_id().as_str())?;
    Ok(act(session, body).await?)
}

/// Who calls, among those who are answered at a time.
pub(super) struct Caller<'a> {
    pub(super) session: Session,
    pub(super) _places: (SemaphorePermit<'a>, Place),
}

/// Who calls, if there is a place for them.
pub(super) async fn caller<'a>(
    gateway: &'a Gateway,
    headers: &HeaderMap,
) -> Result<Caller<'a>, ProblemDetails> {
    check_origin(gateway, headers)?;
    let Authorization::Bearer(token) = Authorization::of(headers) else {
        return Err(unauthenticated());
    };
    // Before main is asked whose it is, which anybody can have it do: for as long as it takes main, strangers hold places too.
    let place = gateway.changes.try_acquire().map_err(|_| {
        let detail = "This gateway answers as many requests as it may. Try again soon.";
        too_many(503, detail)
    })?;
    let session = match gateway.whose(token).await? {
        Whose::Users(session) => session,
        Whose::Strangers => {
            return Err(ProblemDetails::new(
                403,
                "unknown_user",
                "The service knows no user of this token yet. Sign up first.",
            ));
        }
        Whose::Nobodys(refused) => return Err(refused.into()),
    };
    // Not among their calls: who has as many under way as they may can still disconnect.
    let own = gateway.users_changes.take(session.user_id().as_str());
    let own = own.ok_or_else(|| {
        let detail = "This gateway answers as many requests of yours as it may. Try again soon.";
        too_many(429, detail)
    })?;
    Ok(Caller {
        session,
        _places: (place, own),
    })
}

fn too_many(status: u16, detail: &str) -> ProblemDetails {
    let problem = ProblemDetails::new(status, "too_many_requests", detail);
    problem.retry_after(Duration::from_secs(1))
}

/// Names the host also where the request's first line does that: in HTTP/2.
pub(crate) async fn with_host(mut request: Request) -> Request {
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    if let Some(host) = authority.and_then(|host| HeaderValue::from_str(host).ok()) {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    request
}

/// Of pages, those of the gateway's own origin and of the origins that are set.
fn check_origin(gateway: &Gateway, headers: &HeaderMap) -> Result<(), ProblemDetails> {
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let own = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = origin.split_once("://").map(|(_, host)| host);
    if gateway.settings.origins.contains(origin) || (host.is_some() && host == own) {
        return Ok(());
    }
    Err(ProblemDetails::new(
        403,
        "origin",
        "This page may not change where the user's data is: its origin is not one of the gateway's settings.",
    ))
}

/// A request with a JSON body. What is wrong with it is said once the caller may hear of it.
struct Asked<B> {
    headers: HeaderMap,
    body: Result<B, ProblemDetails>,
}

impl<B: DeserializeOwned> FromRequest<Gateway> for Asked<B> {
    type Rejection = ProblemDetails;

    async fn from_request(request: Request, _: &Gateway) -> Result<Self, ProblemDetails> {
        let headers = request.headers().clone();
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kind = kind
            .and_then(|kind| kind.split(';').next())
            .unwrap_or_default();
        if !kind.trim().eq_ignore_ascii_case("application/json") {
            let detail = "Send `Content-Type: application/json`.";
            return Err(ProblemDetails::new(415, "content_type", detail));
        }
        let bytes = axum::body::to_bytes(request.into_body(), LARGEST_BODY);
        let bytes = bytes.await.map_err(|_| {
            let detail = format!("The body is larger than {LARGEST_BODY} bytes, or broke off.");
            ProblemDetails::new(413, "too_large", detail)
        })?;
        // What the parser says may repeat what was entered.
        let body = serde_json::from_slice(&bytes).map_err(|_| {
            let detail = "The body is not the JSON object that is expected.";
            ProblemDetails::new(400, "malformed", detail)
        });
        Ok(Self { headers, body })
    }
}

fn answer<T: serde::Serialize>(result: Result<T, ProblemDetails>) -> Response {
    let mut response = match result {
        Ok(value) => (StatusCode::OK, Json(value)).into_response(),
        Err(problem) => problem.into_response(),
    };
    // It is of one user, and of now.
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
