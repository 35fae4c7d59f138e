//! The HTTP API: reads a request, calls functions, writes the answer.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use byod_schema::{FunctionPath, FunctionType, Value};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, AUTHORIZATION, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{Answer, Batch, Format, Timestamp};
use super::core::{Call, Core, now};
#[cfg(feature = "push")]
use super::deploying;
use super::messages::{Refused, arguments, json, parse, read, refusal};
use super::requests::RequestRecord;
use super::socket::{self, Sockets};
use crate::auth::{Caller, Refusal};
use crate::error::FunctionError;

/// The largest body that is read of a call, in bytes; Convex takes 16 MiB of arguments.
const LARGEST_BODY: usize = 20 << 20;

/// The body of a call.
#[derive(Deserialize)]
struct Body<'a> {
    path: String,
    #[serde(borrow)]
    args: &'a RawValue,
    format: Option<String>,
    /// Only of `query_at_ts`: base64 of 8 little-endian bytes.
    ts: Option<String>,
}

/// The body of a call of the function that the URL names.
#[derive(Deserialize)]
struct Arguments<'a> {
    #[serde(borrow)]
    args: &'a RawValue,
    format: Option<String>,
}

#[derive(Deserialize)]
struct BatchBody<'a> {
    #[serde(borrow)]
    queries: Vec<Body<'a>>,
}

/// Answers one request, and records it.
///
/// Where it asks for a socket, that is left in `sockets`, to be served once the answer is out.
pub(crate) async fn answer(
    core: &Arc<Core>,
    sockets: &Sockets,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let mut record = RequestRecord {
        endpoint: request.uri().path().to_owned(),
        ..RequestRecord::default()
    };
    let answer = match socket::version(request.uri().path()) {
        Some(version) => {
            let version = version.to_owned();
            socket::open(core, sockets, request, &version)
                .map_err(|why| Refused::bad_request("BadConnectionUpgrade", why))
        }
        #[cfg(feature = "push")]
        None if deploying::is_step(&record.endpoint) => {
            deploying::answer(core, &record.endpoint.clone(), request, &mut record.auth).await
        }
        None => respond(core, request, &mut record).await,
    };
    let response = answer.unwrap_or_else(|refused| {
        let body = serde_json::json!({"code": refused.code, "message": refused.message});
        let mut response = json(refused.status, &body);
        if refused.status == StatusCode::METHOD_NOT_ALLOWED {
            let post = HeaderValue::from_static("POST");
            response.headers_mut().insert(ALLOW, post);
        }
        response
    });
    record.status = response.status().as_u16();
    core.requests().add(record);
    response
}

async fn respond(
    core: &Core,
    request: Request<Incoming>,
    record: &mut RequestRecord,
) -> Result<Response<Full<Bytes>>, Refused> {
    // `/api/run/folder/module/function`: of whatever kind it is.
    let (endpoint, named) = match record.endpoint.split_once("/api/run/") {
        Some(("", named)) => ("/api/run".to_owned(), Some(function_at(named))),
        _ => (record.endpoint.clone(), None),
    };
    let kind = match endpoint.as_str() {
        "/api/query" | "/api/query_at_ts" | "/api/query_batch" => Some(FunctionType::Query),
        "/api/mutation" => Some(FunctionType::Mutation),
        "/api/action" => Some(FunctionType::Action),
        "/api/function" | "/api/query_ts" => None,
        "/api/run" if named.is_some() => None,
        _ => {
            let message = format!("There is nothing at {endpoint}");
            return Err(Refused::new(StatusCode::NOT_FOUND, "NotFound", message));
        }
    };
    if request.method() != Method::POST {
        let message = format!("{endpoint} takes POST");
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Err(Refused::new(status, "MethodNotAllowed", message));
    }
    if endpoint == "/api/query_ts" {
        let ts = core.store_mut().snapshot(now());
        let ts = STANDARD.encode(ts.to_le_bytes());
        return Ok(json(StatusCode::OK, &Timestamp { ts }));
    }

    let authorization = request.headers().get(AUTHORIZATION).cloned();
    let body = read(request, LARGEST_BODY).await?;
    if endpoint == "/api/query_batch" {
        let batch: BatchBody = parse(&body)?;
        record.functions = batch.queries.iter().map(|b| b.path.clone()).collect();
        let caller = authenticate(core, authorization.as_ref(), record)?;
        return query_batch(core, batch, &caller);
    }
    let body = match named {
        None => parse(&body)?,
        Some(path) => {
            let Arguments { args, format } = parse(&body)?;
            let ts = None;
            Body {
                path,
                args,
                format,
                ts,
            }
        }
    };
    record.functions = vec![body.path.clone()];
    let caller = authenticate(core, authorization.as_ref(), record)?;
    if endpoint == "/api/function" && !caller.admin {
        return Err(refusal(core, Refusal::DeployKey));
    }
    let format = format(body.format.as_deref())?;
    let at = match endpoint.as_str() {
        "/api/query_at_ts" => Some(timestamp(body.ts.as_deref())?),
        _ => None,
    };
    let result = match call(body, kind)? {
        Err(error) => Err(error),
        Ok(call) => match at {
            None => core.call(call, &caller),
            Some(ts) => core
                .read(vec![call], &caller, Some(ts))
                .and_then(|mut results| results.pop())
                .ok_or_else(out_of_retention)?,
        },
    };
    Ok(json(StatusCode::OK, &Answer::new(result, format)))
}

/// All queries see one state.
fn query_batch(
    core: &Core,
    batch: BatchBody<'_>,
    caller: &Caller,
) -> Result<Response<Full<Bytes>>, Refused> {
    let mut formats = Vec::new();
    let mut errors = Vec::new();
    let mut calls = Vec::new();
    for body in batch.queries {
        formats.push(format(body.format.as_deref())?);
        match call(body, Some(FunctionType::Query))? {
            Ok(call) => {
                calls.push(call);
                errors.push(None);
            }
            Err(error) => errors.push(Some(error)),
        }
    }
    let read = core.read(calls, caller, None).unwrap_or_default();
    let mut read = read.into_iter();
    let results = errors
        .into_iter()
        .zip(formats)
        .filter_map(|(error, format)| {
            let result = match error {
                Some(error) => Err(error),
                None => read.next()?,
            };
            Some(Answer::new(result, format))
        });
    let results = results.collect();
    Ok(json(StatusCode::OK, &Batch { results }))
}

fn authenticate(
    core: &Core,
    header: Option<&HeaderValue>,
    record: &mut RequestRecord,
) -> Result<Caller, Refused> {
    let header = match header.map(HeaderValue::to_str).transpose() {
        Ok(header) => header,
        Err(_) => return Err(refusal(core, Refusal::Malformed)),
    };
    let caller = core.auth().authenticate(header);
    let caller = caller.map_err(|why| refusal(core, why))?;
    record.auth = caller.kind();
    Ok(caller)
}

fn format(name: Option<&str>) -> Result<Format, Refused> {
    match name {
        Some("convex_encoded_json") => Ok(Format::Encoded),
        // What a client gets that does not say what it understands.
        Some("json") | None => Ok(Format::Clean),
        Some(other) => Err(Refused::bad_request(
            "BadFormat",
            format!("format param must be one of [`json`]. Got {other}"),
        )),
    }
}

fn timestamp(text: Option<&str>) -> Result<u64, Refused> {
    let bytes = text.and_then(|text| STANDARD.decode(text).ok());
    let bytes = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    let malformed = || {
        Refused::bad_request(
            "BadTimestamp",
            "`ts` must be a timestamp from /api/query_ts",
        )
    };
    bytes.map(u64::from_le_bytes).ok_or_else(malformed)
}

fn out_of_retention() -> Refused {
    Refused::bad_request(
        "OutOfRetention",
        "The timestamp is not one of this deployment's, or more than 30 seconds ago",
    )
}

/// The function that `folder/module/function` names.
fn function_at(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((module, function)) => format!("{module}:{function}"),
        None => path.to_owned(),
    }
}

/// The call that a body asks for; an argument that is no Convex value is an
/// error of the function.
fn call(
    body: Body<'_>,
    kind: Option<FunctionType>,
) -> Result<Result<Call, FunctionError>, Refused> {
    let Ok(path) = body.path.parse::<FunctionPath>();
    if path.module.is_empty() || path.name.is_empty() {
        let message = format!("{} is not a valid path to a Convex function.", body.path);
        return Err(Refused::bad_request("BadConvexFunctionIdentifier", message));
    }
    let text = body.args.get();
    let args: Result<Vec<Value>, _> = match text.starts_with('[') {
        true => serde_json::from_str(text),
        false => serde_json::from_str(text).map(|arg| vec![arg]),
    };
    match args {
        Ok(args) => Ok(Ok(Call { path, kind, args })),
        Err(error) => Ok(Err(arguments(&body.path, &error)?)),
    }
}
