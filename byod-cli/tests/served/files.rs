//! What actions store is where what it belongs to is.

use serde_json::json;

use super::hostile::{Hostile, answer};
use super::world::{World, refused};

#[tokio::test]
async fn a_file_goes_with_what_it_belongs_to() {
    let Some(world) = World::start() else { return };
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    // So that their ids can't be mixed up.
    let exported = ann.action("files:exported", json!({})).await;
    assert_eq!(exported.unwrap(), "all, then null");

    let of_bob = json!({"id": theirs.note("bob", "hello").await});
    let of_ann = json!({"id": ann.note("hi").await});
    for _ in 0..2 {
        let url = bob.action("files:speak", of_bob.clone()).await.unwrap();
        assert!(url.as_str().unwrap().starts_with(&theirs.url), "{url}");
        let url = ann.action("files:speak", of_ann.clone()).await.unwrap();
        assert!(!url.as_str().unwrap().starts_with(&theirs.url), "{url}");
    }
    let heard = bob.action("files:listen", of_bob.clone()).await;
    assert_eq!(heard.unwrap(), "spoken hello");
    let heard = ann.action("files:listen", of_ann.clone()).await;
    assert_eq!(heard.unwrap(), "spoken hi");

    // What is main's own stays on main, for who has connected a deployment, too.
    let exported = bob.action("files:exported", json!({})).await;
    assert_eq!(exported.unwrap(), "all, then null");
    let (code, message) = refused(bob.action("files:both", of_bob).await);
    assert_eq!(code, "byod_not_served");
    assert!(message.contains("store it twice"), "{message}");
    ann.action("files:both", of_ann).await.unwrap();
}

/// Where a file is to be put, a deployment says: it could say anything.
#[tokio::test]
async fn a_file_is_put_where_deployments_may_be() {
    fn leads_away(_: &str, stream: &mut std::net::TcpStream) -> std::io::Result<()> {
        // Of `notes:byId`, `byod/files:uploadUrl` and `byod/files:url` alike.
        let body = r#"{"status":"success","value":"http://10.0.0.7/upload"}"#;
        answer(stream, "200 OK", body)
    }
    let Some(world) = World::start() else { return };
    let bob = world.user("bob").await;
    let theirs = Hostile::start(leads_away);
    world.save(&bob, &theirs.url, "prod:bobs|x").await;
    let (code, message) = refused(bob.action("files:speak", json!({"id": "any"})).await);
    assert_eq!(code, "byod_address");
    assert!(message.contains("not encrypted"), "{message}");
}
