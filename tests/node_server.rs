//! The Node server that the other tests rely on: it behaves as a deployment.

use crate::support::node::{Node, NodeDeployment};
use byod_runtime::{Client, DeployKey, Error, Value as Convex};
use serde_json::{Value, json};

/// A project that has no `_generated` folder.
const PROJECT: &str = "tests/node/project/convex";

fn deploy() -> Option<(NodeDeployment, Client)> {
    let deployment = Node::get()?.deploy(PROJECT, "small");
    let client = Client::new(&deployment.url()).unwrap();
    Some((deployment, client))
}

async fn message(call: impl Future<Output = Result<Value, Error>>) -> String {
    match call.await.unwrap_err() {
        Error::Function { message, .. } => message.into(),
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn what_fails_has_written_nothing() {
    let Some((_deployment, client)) = deploy() else {
        return;
    };
    let thrown = async |what: &str| {
        let args = json!({"what": what});
        message(client.mutation("entries:addAndThrow", &args)).await
    };
    assert_eq!(thrown("error").await, "Uncaught Error: no");
    let expected = "Uncaught TypeError: Cannot read properties of undefined (reading 'field')";
    assert_eq!(thrown("type error").await, expected);
    assert_eq!(thrown("text").await, "Uncaught just text");
    assert_eq!(thrown("inner").await, "Uncaught ConvexError: inside");
    assert!(thrown("schema").await.starts_with("Uncaught Error: "));
    let none = json!({});
    let wrong = client.mutation("entries:addAndReturnWrong", &none);
    let wrong = message(wrong).await;
    assert!(wrong.starts_with("ReturnsValidationError: "), "{wrong}");
    let count: f64 = client.query("entries:count", &json!({})).await.unwrap();
    assert_eq!(count, 0.0);
}

#[tokio::test]
async fn the_data_of_an_error_keeps_its_types() {
    let Some((_deployment, client)) = deploy() else {
        return;
    };
    let args = json!({"what": "data"});
    let thrown = client.mutation::<Value>("entries:addAndThrow", &args).await;
    let data: Value = thrown.unwrap_err().function_data().unwrap().unwrap();
    let expected = json!({
        "bytes": {"$bytes": "AQ=="}, "exact": {"$integer": "BwAAAAAAAAA="},
        "list": [{"$float": "AAAAAAAA+H8="}],
    });
    assert_eq!(data, expected);
}

#[tokio::test]
async fn functions_are_found_as_convex_finds_them() {
    let Some((deployment, client)) = deploy() else {
        return;
    };
    let admin = client.with_deploy_key(&DeployKey::from(&*deployment.deploy_key));
    let none = json!({});
    let text = async |client: &Client, path: &str| -> Result<String, Error> {
        client.query(path, &none).await
    };
    assert_eq!(text(&client, "entries").await.unwrap(), "by default");
    assert_eq!(
        text(&client, "lib/deep/nested:here").await.unwrap(),
        "nested"
    );
    assert_eq!(text(&admin, "entries:secret").await.unwrap(), "secret");
    let secret: String = client
        .action("entries:secretByAction", &none)
        .await
        .unwrap();
    assert_eq!(secret, "secret");
    for path in [
        "entries:secret",
        "entries:notAFunction",
        "entries.test:hidden",
        "schema:default",
    ] {
        let error = text(&client, path).await.unwrap_err().to_string();
        assert!(error.contains("Could not find public function"), "{error}");
    }
    let absent = text(&client, "absent:call").await.unwrap_err().to_string();
    assert!(
        absent.contains("Cannot find package 'a-package-that-is-not-installed'"),
        "{absent}"
    );
}

#[tokio::test]
async fn values_go_through_unchanged() {
    let Some((_deployment, client)) = deploy() else {
        return;
    };
    for value in [
        json!({"int": {"$integer": "/////////38="}, "bytes": {"$bytes": "ABCD"}}),
        json!([{"$float": "AAAAAAAA+H8="}, {"$float": "AAAAAAAAAIA="}, 0.1, 5e-324, 1e308]),
        json!([null, true, "ü\u{2028}\u{0}", [], {}]),
    ] {
        let args = json!({"value": value});
        let echoed: Value = client.query("entries:echo", &args).await.unwrap();
        assert_eq!(echoed, value);
        // Also in a batch, and where no arguments are declared.
        let queries = [("entries:echo", &args), ("entries:untyped", &args)];
        let batch: Vec<_> = client.query_batch::<Value>(&queries).await.unwrap();
        let [echoed, untyped] = <[_; 2]>::try_from(batch).unwrap();
        assert_eq!((echoed.unwrap(), untyped.unwrap()), (value, args));
    }
    let nothing: Convex = client.query("entries:nothing", &json!({})).await.unwrap();
    assert_eq!(
        nothing,
        Convex::Null,
        "undefined does not exist on the wire"
    );
}

#[tokio::test]
async fn an_admin_gives_any_identity() {
    let Some((deployment, client)) = deploy() else {
        return;
    };
    let key = DeployKey::from(&*deployment.deploy_key);
    let identity = json!({"subject": "a", "issuer": "https://b", "email": "a@b", "role": "chef"});
    let who = client.acting_as(&key, &identity);
    let who: Value = who.query("entries:whoami", &json!({})).await.unwrap();
    let mut expected = identity;
    expected["tokenIdentifier"] = "https://b|a".into();
    assert_eq!(who, expected);
    let nobody: Value = client.query("entries:whoami", &json!({})).await.unwrap();
    assert_eq!(nobody, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_run_one_after_another() {
    let Some((_deployment, client)) = deploy() else {
        return;
    };
    let calls: Vec<_> = (0..200)
        .map(|number| {
            let client = client.clone();
            let args = json!({"text": number.to_string()});
            tokio::spawn(async move { client.mutation::<String>("entries:add", &args).await })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for call in calls {
        ids.insert(call.await.unwrap().unwrap());
    }
    let count: f64 = client.query("entries:count", &json!({})).await.unwrap();
    assert_eq!((ids.len(), count), (200, 200.0));
}

#[test]
fn a_deployment_stops_when_it_is_dropped() {
    let Some((deployment, _)) = deploy() else {
        return;
    };
    let url = deployment.url();
    let address = url.trim_start_matches("http://");
    std::net::TcpStream::connect(address).unwrap();
    drop(deployment);
    assert!(std::net::TcpStream::connect(address).is_err());
}
