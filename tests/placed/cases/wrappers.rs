//! Wrappers of any module.

use byod_placed_tests::{
    Scored, admin_tags, by_default, chat, counters, hybrid, message_text, messages,
};
use byod_runtime::{ConnectionStatus, DocumentId, Error, Location, Refusal, Rollout};
use serde_json::json;

use crate::service::Service;
use crate::{from, not_served, refused};

const RECORD: &str = "byod/credentials:getConfigInternal";

#[tokio::test]
async fn a_module_of_any_name_is_where_its_tables_are() {
    let service = Service::with_alice_connected().await;
    for (session, location, id) in [
        (service.alice(), Location::User, None),
        (service.bob(), Location::Main, Some(&service.bob_id)),
    ] {
        let of = if location == Location::User {
            &service.alices
        } else {
            &service.main
        };
        let owner = id.map_or("alice", String::as_str);
        let conversation = json!({"userId": owner, "title": "Seeds"});
        let conversation = of.insert("conversations", conversation).unwrap();
        let sent = chat::SendMessageArgs::builder()
            .conversation_id(DocumentId::new(&*conversation))
            .text("When to sow?");
        let sent = chat::send_message(&session, sent.build()).routed().await;
        let sent = sent.unwrap();
        assert_eq!(sent.deployment.location(), location);
        assert!(!sent.sees_no_connected);
        assert_eq!(of.count("messages"), 1);
        assert_eq!(of.documents("messages")[0].str("userId"), Some(owner));

        // What another module finds there is what this one has written.
        let find = hybrid::FindArgs {
            text: "When to sow?".into(),
            limit: None,
        };
        let found = hybrid::find(&session, find).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id, sent.value);
        let scored = hybrid::scored(&session).await.unwrap();
        let who = if location == Location::User {
            "alice"
        } else {
            "main"
        };
        assert_eq!(
            scored[0],
            Scored {
                text: who.into(),
                score: 1.0
            }
        );
        let pages = hybrid::PagesArgs {
            text: String::new(),
        };
        let page = hybrid::pages(&session, pages).await.unwrap();
        assert_eq!(page.page, [json!({"text": who})]);
    }
}

#[tokio::test]
async fn what_touches_mains_tables_alone_is_on_main_for_everybody() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    assert_eq!(from!(Main, messages::stats(&alice)), 3.0);
    assert_eq!(from!(Main, by_default::stats(&alice)), 3.0);
    assert_eq!(from!(Main, message_text::stats(&alice)), 3.0);
    let of = chat::AuthorsArgs {
        of: Some(DocumentId::new(&*service.alice_id)),
    };
    assert_eq!(from!(Main, chat::authors(&alice, of)).len(), 0);
    let call = counters::value(&alice, counters::ValueArgs { name: "a".into() });
    assert_eq!(from!(Main, call), 1.0);
    assert_eq!(service.cost(), (5, 0));
}

/// Main has to learn whose data an action is to ask for.
#[tokio::test]
async fn an_action_that_asks_for_users_data_runs_on_main_with_the_users_token() {
    let service = Service::with_alice_connected().await;
    let conversation = json!({"userId": service.bob_id, "title": "Seeds"});
    let conversation = service.main.insert("conversations", conversation).unwrap();
    let answer = |session| {
        let conversation_id = DocumentId::new(&*conversation);
        chat::answer(session, chat::AnswerArgs { conversation_id })
    };
    let alice = service.alice();
    let answered = answer(&alice).routed().await.unwrap();
    assert_eq!(answered.deployment.location(), Location::Main);
    assert!(!answered.sees_no_connected);
    assert_eq!(service.cost(), (1, 0));

    let untold = service.byod.session(&*service.alice_id, "alice");
    let error = answer(&untold).await.unwrap_err();
    assert_eq!(not_served("chat:answer", &error), Refusal::Action);
    assert!(error.to_string().contains("with_token"), "{error}");
    assert_eq!(service.cost(), (0, 0));
    let bob = service.byod.session(&*service.bob_id, "bob");
    answer(&bob).await.unwrap();
}

#[tokio::test]
async fn what_is_partial_says_so() {
    let service = Service::with_alice_connected().await;
    for session in [service.alice(), service.bob()] {
        let all = admin_tags::all(&session).routed().await.unwrap();
        assert_eq!(all.deployment.location(), Location::Main);
        assert!(all.sees_no_connected);
        assert_eq!(all.value, ["red"]);
        let stats = messages::stats(&session).routed().await.unwrap();
        assert!(!stats.sees_no_connected, "it reads no table of the users");
    }
}

#[tokio::test]
async fn connected_users_are_refused_what_is_not_served_and_all_others_are_not() {
    let service = Service::with_alice_connected().await;
    let id = || DocumentId::new("0123");
    let generate = |session| {
        chat::generate(
            session,
            chat::GenerateArgs {
                conversation_id: id(),
            },
        )
    };
    let react = |session| chat::react(session, chat::ReactArgs { emoji: "*".into() });

    let alice = service.alice();
    assert_eq!(
        refused!(service, chat::overview(&alice)),
        Refusal::ReadsMain
    );
    assert_eq!(refused!(service, generate(&alice)), Refusal::Action);
    assert_eq!(refused!(service, chat::purge(&alice)), Refusal::MainOnly);
    assert_eq!(refused!(service, react(&alice)), Refusal::NotJudged);
    assert_eq!(
        refused!(service, messages::report(&alice)),
        Refusal::ReadsMain
    );
    assert_eq!(
        refused!(service, message_text::report(&alice)),
        Refusal::ReadsMain
    );
    assert_eq!(
        refused!(service, counters::reset(&alice)),
        Refusal::WritesMain
    );

    let bob = service.bob();
    assert_eq!(from!(Main, chat::overview(&bob)).messages, 7.0);
    from!(Main, chat::purge(&bob));
    from!(Main, react(&bob));
    assert_eq!(from!(Main, messages::report(&bob)), 4.0);
    from!(Main, counters::reset(&bob));
}

#[tokio::test]
async fn in_a_batch_one_that_is_refused_costs_the_others_nothing() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    let id = service
        .alices
        .insert("conversations", json!({"userId": "alice", "title": "a"}));
    let history = chat::HistoryArgs {
        conversation_id: DocumentId::new(id.unwrap()),
    };
    let queries = (
        chat::history(&alice, history),
        chat::overview(&alice),
        messages::stats(&alice),
    );
    let (history, overview, stats) = alice.batch(queries).results().await;
    assert_eq!(history.unwrap()[0].text, "alice");
    assert_eq!(
        not_served("chat:overview", &overview.unwrap_err()),
        Refusal::ReadsMain
    );
    assert_eq!(stats.unwrap(), 3.0);
    assert_eq!(service.cost(), (1, 1));
}

#[tokio::test]
async fn a_record_says_who_is_connected() {
    let service = Service::start().await;
    let alice = service.alice();
    from!(Main, chat::overview(&alice));
    for status in [ConnectionStatus::Pending, ConnectionStatus::Disconnected] {
        service.save(status.clone()).await;
        from!(Main, chat::overview(&alice));
    }
    // What blocks a user may pass, and the refusal will not: it is said first.
    service.save(ConnectionStatus::Error).await;
    let error = chat::overview(&alice).await.unwrap_err();
    assert_eq!(not_served("chat:overview", &error), Refusal::ReadsMain);
    assert_eq!(service.main.requests()[0].functions, [RECORD]);
    let error = hybrid::scored(&alice).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
    from!(Main, messages::stats(&alice));
}

#[tokio::test]
async fn a_function_waits_for_the_rollout_of_all_its_tables() {
    let service = Service::with_alice_connected().await;
    let (alice, rollout) = (service.alice(), service.byod.rollout());
    let find = || {
        hybrid::find(
            &service.alice(),
            hybrid::FindArgs {
                text: "a".into(),
                limit: None,
            },
        )
    };
    rollout.set_all(Rollout::Off);
    from!(Main, find());
    from!(Main, chat::overview(&alice));

    // `messages` moves alone: what reads `tags` too would see half of it on either side.
    rollout.set("messages", Rollout::On);
    from!(User, hybrid::scored(&alice));
    service.cost();
    let error = find().await.unwrap_err();
    assert!(
        matches!(&error, Error::RolloutRefused { table, still_on_main: true, .. } if &**table == "tags"),
        "{error}"
    );
    assert_eq!(service.cost(), (0, 0));
    rollout.set("tags", Rollout::ReadOnly);
    from!(User, find());
    rollout.set("messages", Rollout::ReadOnly);
    let text = chat::SendMessageArgs::builder()
        .text("a")
        .conversation_id(DocumentId::new("0"));
    let error = chat::send_message(&alice, text.build()).await.unwrap_err();
    assert!(matches!(&error, Error::RolloutRefused { .. }), "{error}");
    service.cost();
    assert_eq!(
        refused!(service, chat::overview(&alice)),
        Refusal::ReadsMain
    );
}
