//! Which deployment a call reaches, and as whom.

use crate::support::{RECORD, Service, Setup};
use byod_examples::{notes, tasks, templates};
use byod_local::AuthKind;
use byod_runtime::{ConnectionStatus, Error, FunctionType, Location, Outcome, Rollout, Router};
use serde_json::json;

#[tokio::test]
async fn a_main_table_is_on_main_whatever_the_users_record_says() {
    let service = Service::start().await;
    let alice = service.alice();
    for status in [
        None,
        Some(ConnectionStatus::Pending),
        Some(ConnectionStatus::Disconnected),
        Some(ConnectionStatus::Connected),
        Some(ConnectionStatus::Error),
    ] {
        if let Some(status) = status.clone() {
            service.save(status).await;
        }
        let call = templates::list(&alice, templates::ListArgs::default());
        let from = call.routed().await.unwrap().deployment;
        assert_eq!(from.location(), Location::Main, "{status:?}");
        assert_eq!(service.cost(), (1, 0), "no record is read for it");
    }
}

#[tokio::test]
async fn a_user_table_is_on_main_until_the_user_has_connected() {
    let service = Service::start().await;
    let alice = service.alice();
    for (status, location, cost) in [
        (None, Location::Main, (2, 0)),
        (Some(ConnectionStatus::Pending), Location::Main, (2, 0)),
        (Some(ConnectionStatus::Disconnected), Location::Main, (2, 0)),
        (Some(ConnectionStatus::Connected), Location::User, (1, 1)),
    ] {
        if let Some(status) = status.clone() {
            service.save(status).await;
        }
        let call = notes::list(&alice, notes::ListArgs::default());
        let from = call.routed().await.unwrap().deployment;
        assert_eq!(from.location(), location, "{status:?}");
        assert_eq!(service.cost(), cost, "{status:?}");
    }
}

#[tokio::test]
async fn a_user_whose_deployment_fails_is_blocked_with_the_stored_reason() {
    let service = Service::start().await;
    service.save(ConnectionStatus::Error).await;
    service.change_record(json!({"connectionError": "the deploy key was revoked"}));
    let alice = service.alice();

    let read = notes::list(&alice, notes::ListArgs::default()).await;
    let error = read.unwrap_err();
    assert!(
        matches!(&error, Error::Blocked { reason, .. } if &**reason == "the deploy key was revoked"),
        "{error}"
    );
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert_eq!(service.main.requests()[0].functions, [RECORD]);
    assert_eq!(service.cost(), (1, 0), "only the record was read");

    let written = notes::create(&alice, note("Never")).await;
    assert!(matches!(written, Err(Error::Blocked { .. })));
    assert_eq!(service.cost(), (0, 0), "nothing was sent");
    assert_eq!(service.main.count("notes"), 0);
}

#[tokio::test]
async fn a_status_of_a_newer_version_blocks_too() {
    let service = Service::with(|setup| Setup {
        main: setup.main.function(RECORD, |ctx, _| {
            let mut record = ctx.query("userDatabaseConfig").first()?;
            if let Some(record) = &mut record {
                record.set("connectionStatus", "migrating");
            }
            Ok(record)
        }),
        ..setup
    })
    .await;
    service.save(ConnectionStatus::Connected).await;

    let error = notes::list(&service.alice(), notes::ListArgs::default()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
    assert!(error.to_string().contains("`migrating`"), "{error}");
    assert_eq!(service.cost(), (1, 0));
}

#[tokio::test]
async fn each_deployment_is_called_as_it_must_be() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    notes::list(&alice, notes::ListArgs::default())
        .await
        .unwrap();
    templates::list(&alice, templates::ListArgs::default())
        .await
        .unwrap();

    let calls = |requests: Vec<byod_local::RequestRecord>| -> Vec<_> {
        let call = |it: byod_local::RequestRecord| (it.functions[0].clone(), it.auth);
        requests.into_iter().map(call).collect()
    };
    assert_eq!(
        calls(service.main.requests()),
        [
            (RECORD.to_owned(), AuthKind::Admin),
            ("templates:list".to_owned(), AuthKind::User),
        ],
        "the service reads the record, the user reads templates"
    );
    assert_eq!(
        calls(service.alices.requests()),
        [("notes:list".to_owned(), AuthKind::Admin)]
    );
}

#[tokio::test]
async fn a_session_without_a_token_never_borrows_the_services_key() {
    let service = Service::with_alice_connected().await;
    let bob = service.byod.session(&*service.bob_id, "bob");
    let error = notes::list(&bob, notes::ListArgs::default()).await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("Unauthenticated"), "{error}");
    assert_eq!(service.main.requests()[1].auth, AuthKind::None);
}

#[tokio::test]
async fn the_rollout_goes_in_steps_and_back_while_running() {
    let service = Service::with_alice_connected().await;
    let (alice, byod) = (service.alice(), &service.byod);
    let reads = async || {
        let call = notes::list(&alice, notes::ListArgs::default());
        call.routed().await.unwrap().deployment.location()
    };
    let writes = async || {
        let answer = notes::create(&alice, note("Seeds")).routed().await;
        answer.map(|answer| answer.deployment.location())
    };

    byod.rollout().set_all(Rollout::Off);
    assert_eq!(reads().await, Location::Main);
    assert_eq!(writes().await.unwrap(), Location::Main);

    byod.rollout().set("notes", Rollout::ReadOnly);
    assert_eq!(reads().await, Location::User);
    service.cost();
    let refused = writes().await.unwrap_err();
    assert!(matches!(&refused, Error::RolloutRefused { table, .. } if &**table == "notes"));
    assert_eq!(refused.outcome(), Outcome::NotExecuted);
    assert_eq!(service.cost(), (0, 0), "the write went nowhere");
    let call = tasks::list(&alice, tasks::ListArgs::default());
    let others = call.routed().await.unwrap().deployment;
    assert_eq!(
        others.location(),
        Location::Main,
        "tasks wait for their turn"
    );

    byod.rollout().set_all(Rollout::On);
    assert_eq!(reads().await, Location::User);
    assert_eq!(writes().await.unwrap(), Location::User);

    byod.rollout().set_all(Rollout::Off);
    assert_eq!(reads().await, Location::Main, "and back");
    assert_eq!(
        (service.main.count("notes"), service.alices.count("notes")),
        (1, 1)
    );
}

#[tokio::test]
async fn a_name_known_only_at_run_time_is_routed_by_the_same_table() {
    let service = Service::with_alice_connected().await;
    let client_for = async |table, id: &str| {
        let found = service
            .byod
            .client_for_table(table, id, FunctionType::Query);
        found.await.unwrap()
    };

    let to = client_for("conversations", &service.alice_id).await;
    assert!(to.deployment.is_user());
    let arguments = json!({"userId": "alice", "archived": false});
    let open: Vec<serde_json::Value> = to
        .client
        .query("conversations:list", &arguments)
        .await
        .unwrap();
    assert_eq!(open.len(), 0);
    assert_eq!(service.cost(), (1, 1));

    assert!(
        !client_for("conversations", &service.bob_id)
            .await
            .deployment
            .is_user()
    );
    service.cost();
    assert!(
        !client_for("users", &service.alice_id)
            .await
            .deployment
            .is_user()
    );
    assert!(
        !client_for("notATable", &service.alice_id)
            .await
            .deployment
            .is_user()
    );
    assert_eq!(service.cost(), (0, 0), "main's client needs no record");
}

#[test]
fn the_registry_has_every_table_where_it_belongs() {
    const ROUTER: Router = Router::new(byod_examples::TABLES);
    let main = "users userPreferences userOnboarding userStats templates adminSettings feedback \
                shares notifications migrations emailAlerts jobs userDatabaseConfig byodMigrations \
                byodHistory byodRollouts";
    let user = "conversations conversationParticipants messages toolCalls sources attachments \
                memories files fileChunks projects projectConversations projectNotes projectFiles \
                notes bookmarks snippets tasks tags conversationTags noteTags taskTags \
                usageRecords ttsCache presentations slides outlineItems designTemplates \
                presentationSessions activityEvents";
    for table in main.split_whitespace() {
        assert!(
            ROUTER.table(table).is_some() && ROUTER.is_main_table(table),
            "{table}"
        );
    }
    for table in user.split_whitespace() {
        assert!(ROUTER.is_user_table(table), "{table}");
    }
    let all = main.split_whitespace().chain(user.split_whitespace());
    assert_eq!(ROUTER.tables().len(), all.count());
    assert_eq!(ROUTER.location("notATable"), Location::Main);
}

fn note(title: &str) -> notes::CreateArgs {
    notes::CreateArgs {
        title: title.into(),
        content: "A line.".into(),
        project_id: None,
    }
}

#[test]
fn a_manifest_that_is_read_at_run_time_says_what_the_macros_say() {
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let router = Router::of_manifest(&manifest);
    assert_eq!(router.tables(), byod_examples::TABLES);
    assert_eq!(router.functions(), byod_examples::FUNCTIONS);
}
