//! What both deployments refuse, and what the caller learns of it.

use byod_examples::{conversations, notes, tasks, templates, users};
use byod_runtime::{DeployKey, Error, FunctionType, Id, Location, Outcome, Session};
use serde::Deserialize;
use serde_json::{Value, json};

use super::documents::{note, task};
use crate::support::world::World;

/// The data that the example throws.
#[derive(Debug, Deserialize)]
struct Data {
    code: String,
    message: String,
}

fn data(error: &Error) -> Data {
    assert_eq!(error.outcome(), Outcome::Executed, "{error}");
    error.function_data().expect("it has data").unwrap()
}

/// An id of a note that is gone.
async fn removed_note(session: &Session) -> Id<byod_examples::Notes> {
    let id = notes::create(session, note("Gone")).await.unwrap();
    let removed = notes::remove(session, notes::RemoveArgs { id: id.clone() });
    let () = removed.await.unwrap();
    id
}

#[tokio::test]
async fn a_convex_error_brings_its_data() {
    let Some(world) = World::start() else { return };
    for user in [world.user("bob").await, world.connected_user("alice").await] {
        let id = removed_note(&user.session).await;
        let again = notes::remove(&user.session, notes::RemoveArgs { id });
        let error = again.await.unwrap_err();
        assert_eq!(error.call().unwrap().function_path(), "notes:remove");
        assert_eq!(data(&error).code, "not_found");
        assert_eq!(data(&error).message, "No such document");
    }
}

#[tokio::test]
async fn a_batch_has_an_error_for_each_query() {
    let Some(world) = World::start() else { return };
    let alice = world.connected_user("alice").await;
    let alice = &alice.session;
    let id = removed_note(alice).await;
    let dig = tasks::create(alice, task("Dig")).await.unwrap();
    let elsewhere = conversations::GetArgs {
        // An id of another table.
        id: Id::<byod_examples::Conversations>::new(dig.as_str()),
    };
    let (note, wrong, templates, tasks) = alice
        .batch((
            notes::get(alice, notes::GetArgs { id }),
            conversations::get(alice, elsewhere),
            templates::list(alice, templates::ListArgs::default()),
            tasks::list(alice, tasks::ListArgs::default()),
        ))
        .results()
        .await;
    assert_eq!(note.unwrap(), None);
    let error = wrong.unwrap_err().to_string();
    assert!(error.contains("ArgumentValidationError"), "{error}");
    templates.unwrap();
    assert_eq!(tasks.unwrap()[0].title, "Dig");
}

#[tokio::test]
async fn arguments_are_validated_on_both_sides() {
    let Some(world) = World::start() else { return };
    let (bob, alice) = (world.user("bob").await, world.connected_user("alice").await);
    for (user, location) in [(bob, Location::Main), (alice, Location::User)] {
        let route = world
            .byod
            .client_for_table("notes", &*user.id, FunctionType::Mutation);
        let route = route.await.unwrap();
        assert_eq!(route.deployment.location(), location);
        let (client, injected) = match location {
            Location::Main => (route.client.with_token(&*user.token), json!({})),
            Location::User => (
                route.client,
                json!({"userId": user.subject, "createdAt": 1.0, "updatedAt": 1.0}),
            ),
        };
        for wrong in [
            json!({"title": 7.0, "content": ""}),
            json!({"title": null, "content": ""}),
            json!({"content": ""}),
            json!({"title": "Seeds", "content": "", "colour": "green"}),
            json!({"title": "Seeds", "content": "", "projectId": "not an id"}),
        ] {
            let mut arguments = injected.clone();
            let fields = wrong.as_object().unwrap().clone();
            arguments.as_object_mut().unwrap().extend(fields);
            let refused = client.mutation::<String>("notes:create", &arguments).await;
            let error = refused.unwrap_err();
            assert!(matches!(error, Error::Function { .. }), "{wrong}: {error}");
            let message = error.to_string();
            assert!(message.contains("ArgumentValidationError"), "{message}");
        }
        let all = notes::list(&user.session, notes::ListArgs::default()).await;
        assert_eq!(all.unwrap(), [], "nothing was written");
    }
}

#[tokio::test]
async fn internal_functions_are_for_the_deploy_key() {
    let Some(world) = World::start() else { return };
    let alice = world.connected_user("alice").await;
    let record = json!({"userId": alice.id});
    let mine = json!({"userId": alice.subject});
    for (client, path, arguments) in [
        (
            world.byod.main_client().clone(),
            "byod/credentials:getConfigInternal",
            &record,
        ),
        (
            world.byod.main_client().with_token(&*alice.token),
            "byod/credentials:getConfigInternal",
            &record,
        ),
        (world.users.client(), "notes:list", &mine),
    ] {
        let error = client.query::<Value>(path, arguments).await.unwrap_err();
        let expected = format!("Could not find public function for '{path}'.");
        assert!(error.to_string().contains(&expected), "{error}");
    }
}

#[tokio::test]
async fn a_function_that_is_not_there_or_of_another_kind_says_so() {
    let Some(world) = World::start() else { return };
    let (users, none) = (world.users.admin(), json!({}));
    let error = users.query::<Value>("notes:lst", &none).await.unwrap_err();
    let expected = "Could not find public function for 'notes:lst'.";
    assert!(error.to_string().contains(expected), "{error}");
    let error = users.mutation::<Value>("notes:list", &none).await;
    let error = error.unwrap_err().to_string();
    let expected = "Trying to execute notes.js:list as Mutation, but it is defined as Query.";
    assert!(error.contains(expected), "{error}");
}

#[tokio::test]
async fn nobody_is_who_a_token_does_not_prove_they_are() {
    let Some(world) = World::start() else { return };
    let bob = world.user("bob").await;
    let list = async |token: Option<&str>| {
        let session = world.byod.session(&*bob.id, &*bob.subject);
        let session = match token {
            Some(token) => session.with_token(token),
            None => session,
        };
        notes::list(&session, notes::ListArgs::default()).await
    };
    list(Some(&bob.token)).await.unwrap();
    assert_eq!(data(&list(None).await.unwrap_err()).code, "unauthenticated");

    let (signed, signature) = bob.token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    let subject = &bob.subject;
    let expired = world.token(&json!({"sub": subject, "iat": 1_000, "exp": 2_000}));
    let elsewhere = world.token(&json!({"sub": subject, "aud": "another-app"}));
    for token in [&forged, &expired, &elsewhere, "nonsense"] {
        let error = list(Some(token)).await.unwrap_err();
        assert!(
            matches!(error, Error::Rejected { status: 401, .. }),
            "{error}"
        );
        assert_eq!(error.outcome(), Outcome::NotExecuted);
    }
    // Who has no account is signed in, and nobody.
    let stranger = world.token(&json!({"sub": "a stranger"}));
    let error = list(Some(&stranger)).await.unwrap_err();
    assert_eq!(data(&error).code, "unauthenticated");
}

#[tokio::test]
async fn a_wrong_deploy_key_opens_nothing() {
    let Some(world) = World::start() else { return };
    for deployment in [&world.main, &world.users] {
        let wrong = DeployKey::from(format!("{}0", deployment.deploy_key));
        let client = deployment.client().with_deploy_key(&wrong);
        let refused = client.query::<Value>("users:me", &json!({})).await;
        let error = refused.unwrap_err();
        assert!(
            matches!(error, Error::Rejected { status: 403, .. }),
            "{error}"
        );
        assert!(!format!("{error:?}").contains(wrong.expose_secret()));
    }
}

#[tokio::test]
async fn an_admin_acts_as_a_user() {
    let Some(world) = World::start() else { return };
    let bob = world.user("bob").await;
    let identity = json!({"subject": bob.subject, "issuer": "https://auth.byod.test"});
    let key = DeployKey::from(&*world.main.deploy_key);
    let as_bob = world.main.client().acting_as(&key, &identity);
    let me: Value = as_bob.query("users:me", &json!({})).await.unwrap();
    assert_eq!(me["_id"], bob.id);
    let him = users::me(&bob.session).await.unwrap();
    assert_eq!(serde_json::to_value(him).unwrap()["_id"], bob.id);
}
