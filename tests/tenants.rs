//! Users whose ids an attacker would choose, each with a deployment of their own:
//! nobody's calls reach another's.

use byod_examples::notes;
use byod_local::{Local, LocalDeployment, Manifest};
use byod_runtime::{Byod, ConnectionStatus, Credentials, EncryptionKey, Session};

/// Ids that are easily taken for one another.
fn hostile_ids() -> Vec<String> {
    let mut ids: Vec<String> = [
        "a",
        "A",
        "a ",
        " a",
        "a:",
        ":a",
        "a:b",
        "a/b",
        "a|b",
        "a.b",
        "a\0",
        "a\0b",
        "\0",
        "a\n",
        "a\r\nb",
        ":",
        "::",
        "null",
        "undefined",
        "0",
        "00",
        "-0",
        "0.0",
        "true",
        "{}",
        "[]",
        "\"",
        "'",
        "\\",
        "\\u0061",
        "%61",
        "__proto__",
        "constructor",
        "$a",
        "_id",
        "*",
        "a*",
        "' OR 1=1 --",
        "{\"$ne\":null}",
        // The same to the eye: composed and decomposed, Latin and Cyrillic, full width,
        // joined, turned, nothing at all.
        "\u{e9}",
        "e\u{301}",
        "\u{212b}",
        "\u{c5}",
        "A\u{30a}",
        "\u{430}",
        "\u{ff41}",
        "\u{fb01}",
        "fi",
        "\u{131}",
        "i\u{307}",
        "\u{130}",
        "\u{df}",
        "ss",
        "\u{1e9e}",
        "a\u{200b}",
        "a\u{200d}",
        "\u{202e}a",
        "a\u{feff}",
        "a\u{fe0f}",
        "\u{3c3}",
        "\u{3c2}",
        "\u{1f600}",
        // What another encoding makes of one.
        "\u{fffd}",
        "\u{c3}\u{a9}",
        "\u{10ffff}",
    ]
    .map(str::to_owned)
    .into();
    // As long as an id may be, and apart only at the end.
    ids.extend(["x", "y"].map(|end| format!("{}{end}", "x".repeat(1023))));
    ids
}

/// Any text may be a user's id.
fn without_records(mut manifest: Manifest) -> Manifest {
    let tables = &mut manifest.main.schema.tables;
    tables.retain(|table| !["userDatabaseConfig", "byodHistory"].contains(&&*table.table_name));
    let functions = &mut manifest.main.functions;
    functions.retain(|path, _| !path.to_string().starts_with("byod/credentials"));
    manifest
}

async fn create(session: &Session, title: &str) {
    let new = notes::CreateArgs {
        title: title.into(),
        content: "".into(),
        project_id: None,
    };
    notes::create(session, new).await.unwrap();
}

async fn titles(session: &Session) -> Vec<String> {
    let notes = notes::list(session, notes::ListArgs::default()).await;
    notes
        .unwrap()
        .into_iter()
        .map(|note| note.title.clone())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_calls_reach_anothers_deployment() {
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let manifest = without_records(manifest);
    let main = Local::main(&manifest).start().await.unwrap();
    let byod = Byod::builder()
        .main_url(main.url())
        .deploy_key(main.deploy_key())
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .tables(byod_examples::TABLES)
        .development(true)
        .build()
        .unwrap();
    let mut users: Vec<(String, LocalDeployment)> = Vec::new();
    for (number, id) in hostile_ids().into_iter().enumerate() {
        let name = format!("user{number}");
        let own = Local::user(&manifest).name(name).start().await.unwrap();
        let credentials = Credentials {
            deployment_url: own.url(),
            deploy_key: own.deploy_key().into(),
        };
        let saved = byod.save_credentials(&*id, &credentials, ConnectionStatus::Connected);
        saved.await.unwrap();
        users.push((id, own));
    }
    assert_eq!(main.count("userDatabaseConfig"), users.len());

    // All at once, each twice: cold and warm.
    let mut calls = Vec::new();
    for (number, (id, own)) in users.iter().enumerate() {
        let (session, url) = (byod.session(&**id, &**id), own.url());
        calls.push(tokio::spawn(async move {
            for round in 0..2 {
                create(&session, &format!("{number}-{round}")).await;
            }
            let call = notes::list(&session, notes::ListArgs::default());
            let routed = call.routed().await.unwrap();
            assert_eq!(routed.deployment.url(), url);
        }));
    }
    for call in calls {
        call.await.unwrap();
    }
    for (number, (id, own)) in users.iter().enumerate() {
        let mut titles = titles(&byod.session(&**id, &**id)).await;
        titles.sort();
        assert_eq!(
            titles,
            [format!("{number}-0"), format!("{number}-1")],
            "{id:?}"
        );
        assert_eq!(own.count("notes"), 2, "{id:?}");
    }

    // One leaves; the others stay where they are.
    for (id, own) in users.iter().step_by(7) {
        byod.disconnect(&**id).await.unwrap();
        own.reset_requests();
    }
    for (number, (id, own)) in users.iter().enumerate() {
        let session = byod.session(&**id, &**id);
        if number % 7 == 0 {
            let record = byod.user_record(&**id).await.unwrap().unwrap();
            assert_eq!(record.user_id, *id);
            assert_eq!(record.connection_status, ConnectionStatus::Disconnected);
            assert_eq!(own.request_count(), 0);
        } else {
            assert_eq!(titles(&session).await.len(), 2, "{id:?}");
        }
    }
}
