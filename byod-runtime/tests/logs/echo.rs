//! A deployment over TLS and HTTP/2 that sends back the key it was sent, in every
//! place where an answer can hold it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::AUTHORIZATION;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server that stops with the test's runtime.
pub(crate) struct Echo {
    pub(crate) url: String,
    /// PEM.
    pub(crate) certificate: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// The user's record, where this is main.
    record: Mutex<Option<Value>>,
    /// The key that `functions:ping` takes.
    key: Mutex<String>,
}

impl Echo {
    pub(crate) async fn start() -> Self {
        let names = ["localhost".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let url = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let state = Arc::new(State::default());
        *state.key.lock().unwrap() = super::USER_KEY.to_owned();
        tokio::spawn(serve(listener, acceptor, state.clone()));
        Self {
            url,
            certificate: cert.pem(),
            state,
        }
    }

    /// The only key from now on.
    pub(crate) fn accept(&self, key: &str) {
        *self.state.key.lock().unwrap() = key.to_owned();
    }

    pub(crate) fn change_record(&self, changes: Value) {
        let mut record = self.state.record.lock().unwrap();
        let record = record.as_mut().unwrap().as_object_mut().unwrap();
        record.extend(changes.as_object().unwrap().clone());
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, state: Arc<State>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, state) = (acceptor.clone(), state.clone());
        tokio::spawn(async move {
            // A client that does not trust it goes away here.
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let service = service_fn(|request| answer(request, state.clone()));
            let connection = auto::Builder::new(TokioExecutor::new());
            let _ = connection
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

type Answer = Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>>;

async fn answer(request: Request<Incoming>, state: Arc<State>) -> Answer {
    let sent = request.headers().get(AUTHORIZATION);
    let sent = sent.map_or("", |value| value.to_str().unwrap()).to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let body: Value = serde_json::from_slice(&body)?;
    let (status, answer) = match body["path"].as_str().unwrap_or("a batch") {
        _ if body["adminKey"].is_string() => pushed(&body),
        "a batch" => {
            let success = success(json!(sent));
            (
                200,
                json!({"results": [success, thrown(&sent)]}).to_string(),
            )
        }
        "functions:ping" if sent == format!("Convex {}", state.key.lock().unwrap()) => (
            200,
            success(json!({"status": "ok", "version": 1})).to_string(),
        ),
        "functions:ping" | "fails:refused" => (
            401,
            json!({"code": sent, "message": format!("no: {sent}")}).to_string(),
        ),
        "byod/claim:claim" => (200, success(json!("already yours")).to_string()),
        "byod/claim:state" => (200, success(json!("yours")).to_string()),
        "fails:value" => (200, success(json!([sent])).to_string()),
        "fails:throws" => (200, thrown(&sent).to_string()),
        "fails:busy" => (
            503,
            json!({"code": "Overloaded", "message": sent}).to_string(),
        ),
        "fails:html" => (502, format!("<p>{sent}</p>")),
        "fails:garbage" => (200, format!("{{{sent}")),
        "fails:slow" => {
            tokio::time::sleep(Duration::from_secs(2)).await;
            (200, success(json!(1)).to_string())
        }
        // The service's error ends the stream.
        "fails:cut" => return Err("cut".into()),
        path => (
            200,
            success(credentials(path, &body["args"], &state)).to_string(),
        ),
    };
    Ok(Response::builder()
        .status(status)
        .header("x-echo", "of the headers")
        .body(answer.into_bytes().into())?)
}

/// A step of a push, which sends back all that it was sent, and the environment variables. How it fails is what its
/// `functions` say.
fn pushed(body: &Value) -> (u16, String) {
    let key = body["adminKey"].as_str().unwrap();
    let refused = || json!({"code": key, "message": body.to_string()}).to_string();
    if let Some(way) = body["functions"].as_str() {
        return match way {
            "refused" => (400, refused()),
            "html" => (502, format!("<p>{body}</p>")),
            "garbage" => (200, format!("{{{body}")),
            way => {
                let environment = json!({"KEY": key, "OTHER": super::ENVIRONMENT});
                let reply = json!({"environmentVariables": environment, "schemaChange": way});
                (200, reply.to_string())
            }
        };
    }
    match body["schemaChange"].as_str() {
        Some("misfit") => {
            let error = format!(
                "Document with ID \"k\" in table \"notes\" does not match the schema: `{key}` does not match {key}\nObject: {body}"
            );
            let answer = json!({"type": "failed", "error": error, "tableName": key});
            (200, answer.to_string())
        }
        Some("mute") => (200, format!("[{body}")),
        Some(_) => (200, json!({"type": "complete"}).to_string()),
        None => (500, refused()),
    }
}

fn success(value: Value) -> Value {
    json!({"status": "success", "value": value, "logLines": [value]})
}

fn thrown(sent: &str) -> Value {
    json!({"status": "error", "errorMessage": sent, "errorData": {sent: [sent]}, "logLines": [sent]})
}

/// The functions of `byod/credentials`.
fn credentials(path: &str, args: &Value, state: &State) -> Value {
    let mut record = state.record.lock().unwrap();
    match path {
        "byod/credentials:getConfigInternal" => record.clone().unwrap_or_default(),
        "byod/credentials:createConfig" => {
            let mut new = args.clone();
            new["_id"] = "record".into();
            *record = Some(new);
            json!("record")
        }
        "byod/credentials:updateConfig" => {
            let present = record.as_mut().unwrap().as_object_mut().unwrap();
            present.extend(args.as_object().unwrap().clone());
            present.remove("configId");
            present.remove("expected");
            json!(true)
        }
        other => panic!("{other}"),
    }
}
