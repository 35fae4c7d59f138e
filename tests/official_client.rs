//! The official client of Convex for front ends against `byod-local`.

use crate::support::node::{Node, run_script};
use byod_local::{FunctionError, Local};
use byod_runtime::Value;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn convex_http_client_gets_what_convex_would_give() {
    if Node::get().is_none() {
        return;
    }
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let main = Local::main(&manifest)
        .function("ai:embed", |_, args| {
            let length = args.str("text").unwrap_or_default().len() as f64;
            Ok(json!([length, {"$float": "AAAAAAAAAIA="}, 0.25]))
        })
        .function("tasks:complete", |_, _| -> Result<(), _> {
            Err(FunctionError::convex(Value::from_iter([
                ("code", Value::from("already_done")),
                ("at", Value::Int64(7)),
                ("proof", Value::Bytes(vec![1])),
            ])))
        })
        .function("conversations:count", |_, _| -> Result<f64, _> {
            Err("the index is being built".into())
        })
        .start()
        .await
        .unwrap();
    let alice = json!({
        "subject": "alice", "name": "Alice", "email": "alice@example.org",
        "createdAt": 0.0, "updatedAt": 0.0,
    });
    main.insert("users", alice).unwrap();

    let (url, key, token) = (main.url(), main.deploy_key(), main.token("alice").unwrap());
    let script = move || run_script("client.mjs", &[&url, &token, &key]);
    tokio::task::spawn_blocking(script).await.unwrap();
    assert_eq!(main.count("notes"), 20);
}
