//! The session of whoever a token belongs to, as main's own TypeScript finds them.

use byod_examples::conversations;
use byod_runtime::{Error, Location};
use serde_json::json;

use super::documents::conversation;
use crate::support::world::World;

#[tokio::test]
async fn main_says_whose_a_token_is() {
    let Some(world) = World::start() else { return };
    let alice = world.connected_user("alice").await;
    let bob = world.user("bob").await;

    let session = world.byod.session_for(&*alice.token).await.unwrap();
    assert_eq!(session.user_id().as_str(), alice.id);
    let created = conversations::create(&session, conversation("On her own"));
    from!(Location::User, created);
    let session = world.byod.session_for(&*bob.token).await.unwrap();
    assert_eq!(session.user_id().as_str(), bob.id);
    let created = conversations::create(&session, conversation("On main"));
    from!(Location::Main, created);
}

#[tokio::test]
async fn a_token_of_nobody_is_no_session() {
    let Some(world) = World::start() else { return };
    // Signed in at the auth provider, and not signed up here.
    let stranger = world.token(&json!({"sub": format!("stranger-{}", std::process::id())}));
    for token in [&*stranger, "no.token.atall", ""] {
        let error = world.byod.session_for(token).await.unwrap_err();
        assert!(matches!(error, Error::Unauthenticated { .. }), "{error}");
        assert_eq!(error.http_status(), 401);
        assert!(
            token.is_empty() || !error.to_string().contains(token),
            "{error}"
        );
    }
}
