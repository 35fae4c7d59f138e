//! Who may call a worker.

use std::fs;

use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::support::Fleet;
use crate::workers::{Told, Workers, folder};

const KEY: &str = "publickeyv1_w7YHemBctH5Ck2nQRQ47iBBqhNHy4FV7t2Usbye2A6f";

#[tokio::test]
async fn a_worker_answers_nobody_but_its_engine() {
    let fleet = Fleet::start(1).await;
    let bundles = folder("strangers");
    let workers = Workers::start(Told::of(&fleet, KEY, &bundles), 1).await;
    for path in [
        "discover",
        "invoke/ByodUser/deploy",
        "invoke/ByodUser/move_out",
    ] {
        let stream = TcpStream::connect(("127.0.0.1", workers.port)).await;
        let stream = TokioIo::new(stream.unwrap());
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream)
            .await
            .unwrap();
        tokio::spawn(connection);
        let request = Request::post(format!("http://127.0.0.1/{path}"))
            .header("content-type", "application/vnd.restate.invocation.v5")
            .header("accept", "application/vnd.restate.endpointmanifest.v3+json")
            .body(Empty::<Bytes>::new());
        let answer = sender.send_request(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
    fs::remove_dir_all(&bundles).unwrap();
}

#[tokio::test]
async fn a_worker_that_anybody_could_call_does_not_start() {
    let fleet = Fleet::start(0).await;
    let bundles = std::env::temp_dir();
    for (identity_key, listen, said) in [
        ("", "0.0.0.0:0", "--identity-key"),
        ("publickeyv1_none", "127.0.0.1:0", "is no identity key"),
    ] {
        let mut command = Told::of(&fleet, identity_key, &bundles).command();
        command.args(["--listen", listen]);
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = ended.await.unwrap();
        let why = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{why}");
        assert!(why.contains(said), "{why}");
    }
}
