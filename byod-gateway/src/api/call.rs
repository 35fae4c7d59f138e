//! Calls of functions, each to where it runs for who calls.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use byod_runtime::relay::runs_at;
use byod_runtime::{Client, Error, ProblemDetails, Session};
use byod_schema::FunctionType;
use serde_json::value::RawValue;

use super::answer::{Format, Refused, failure, success, too_many};
use super::body::Wanted;
use crate::callers::Authorization;
use crate::state::Gateway;

/// The value, and whether it is of the user's own deployment.
type Called = Result<(Box<RawValue>, bool), Error>;

pub(crate) fn routes() -> Router<Gateway> {
    let of = |kind| {
        post(
            move |State(gateway): State<Gateway>, headers: HeaderMap, body: Bytes| async move {
                let mut wanted = Wanted::read(Some(kind), None, &body);
                if let Ok(wanted) = &mut wanted {
                    wanted.ts = None;
                }
                answer(&gateway, &headers, wanted).await
            },
        )
    };
    Router::new()
        .route("/query", of(FunctionType::Query))
        .route("/mutation", of(FunctionType::Mutation))
        .route("/action", of(FunctionType::Action))
        .route("/query_ts", post(query_ts))
        .route("/query_at_ts", post(query_at_ts))
        .route("/run/{*path}", post(run))
}

/// Main's present moment. What the user's deployment has is another database's, and is asked for as it is when it is.
async fn query_ts(State(gateway): State<Gateway>) -> Response {
    let main = gateway.byod.main_client();
    match main.query_ts().await {
        Ok(ts) => Json(serde_json::json!({"ts": ts})).into_response(),
        Err(error) => failure(&error, host(main.url()), Format::Encoded),
    }
}

async fn query_at_ts(State(gateway): State<Gateway>, headers: HeaderMap, body: Bytes) -> Response {
    let wanted = Wanted::read(Some(FunctionType::Query), None, &body);
    answer(&gateway, &headers, wanted).await
}

/// `/api/run/folder/module/function`
async fn run(
    State(gateway): State<Gateway>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = match path.rsplit_once('/') {
        Some((module, function)) => format!("{module}:{function}"),
        None => path,
    };
    let wanted = Wanted::read(None, Some(path), &body);
    answer(&gateway, &headers, wanted).await
}

async fn answer(
    gateway: &Gateway,
    headers: &HeaderMap,
    wanted: Result<Wanted<'_>, Refused>,
) -> Response {
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(refused) => return refused.into_response(),
    };
    let byod = &gateway.byod;
    let called = match Authorization::of(headers) {
        Authorization::Other => {
            return Refused {
                status: 403,
                code: "AdminCallRefused".to_owned(),
                message: "the gateway takes users' tokens alone: `Authorization: Bearer …`"
                    .to_owned(),
            }
            .into_response();
        }
        Authorization::Nobody => {
            let Ok(_place) = gateway.nobodys_calls.try_acquire() else {
                return too_many(StatusCode::SERVICE_UNAVAILABLE);
            };
            on_main(gateway, byod.main_client(), &wanted).await
        }
        Authorization::Bearer(token) => match gateway.session(token).await {
            Err(error) => return ProblemDetails::from(error).into_response(),
            Ok(Some(session)) => {
                let Some(_place) = gateway.calls.take(session.user_id().as_str()) else {
                    return too_many(StatusCode::TOO_MANY_REQUESTS);
                };
                routed(gateway, &session, token, &wanted).await
            }
            // Who is nobody yet can become somebody: that is main's to say.
            Ok(None) => {
                let Ok(_place) = gateway.nobodys_calls.try_acquire() else {
                    return too_many(StatusCode::SERVICE_UNAVAILABLE);
                };
                on_main(gateway, &byod.main_client().with_token(token), &wanted).await
            }
        },
    };
    match called {
        Ok((value, is_users)) => success(value, is_users, wanted.format),
        Err(error) => failure(&error, host(byod.main_client().url()), wanted.format),
    }
}

/// To where the function runs for this user.
async fn routed(gateway: &Gateway, session: &Session, token: &str, wanted: &Wanted<'_>) -> Called {
    let (path, args) = (&*wanted.path, &wanted.args);
    let known = gateway.byod.router().function(path);
    let kind = wanted.kind.or(known.map(|function| function.kind));
    let is_known = known.is_some_and(|function| Some(function.kind) == kind);
    let routed = match kind {
        // At a moment of main's: of what runs there.
        Some(FunctionType::Query)
            if wanted.ts.is_some()
                && !runs_at(session, path, FunctionType::Query).await?.is_user() =>
        {
            let main = gateway.byod.main_client().with_token(token);
            return on_main(gateway, &main, wanted).await;
        }
        Some(FunctionType::Query) if is_known => session.query(path, args)?.routed().await?,
        Some(FunctionType::Mutation) if is_known => session.mutation(path, args)?.routed().await?,
        Some(FunctionType::Action) if is_known => session.action(path, args)?.routed().await?,
        // What this build doesn't know, and what isn't of the kind that it is called as: main says so, and for users
        // with a deployment of their own it is refused.
        _ => {
            let routed = gateway
                .byod
                .client_for_function(path, session.user_id().clone());
            drop(routed.await?);
            let main = gateway.byod.main_client().with_token(token);
            return on_main(gateway, &main, wanted).await;
        }
    };
    Ok((routed.value, routed.deployment.is_user()))
}

async fn on_main(gateway: &Gateway, main: &Client, wanted: &Wanted<'_>) -> Called {
    let (path, args) = (&*wanted.path, &wanted.args);
    let known = gateway.byod.router().function(path);
    let value = match wanted.kind.or(known.map(|function| function.kind)) {
        Some(FunctionType::Mutation) => main.mutation(path, args).await,
        Some(FunctionType::Action) => main.action(path, args).await,
        Some(FunctionType::Query) => match &wanted.ts {
            Some(ts) => main.query_at(path, args, ts).await,
            None => main.query(path, args).await,
        },
        // Of what kind it is main alone knows.
        None => main.run_any(path, args).await,
    };
    Ok((value?, false))
}

fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, host)| host)
}
