//! Functions of any module reach the deployment where what they touch is, or are refused
//! before anything is sent.

use std::path::Path;
use std::time::Duration;

use byod_local::{Local, LocalDeployment};
use byod_placed_tests::{FUNCTIONS, MANIFEST, Scored, TABLES};
use byod_placed_tests::{admin_tags, by_default, chat, counters, hybrid, message_text, messages};
use byod_runtime::{
    Byod, ConnectionStatus, Credentials, DocumentId, EncryptionKey, Error, FunctionType, Location,
    Outcome, Refusal, Rollout, Router, Runs, Session,
};
use serde_json::{Value as Json, json};

const RECORD: &str = "byod/credentials:getConfigInternal";

struct Service {
    byod: Byod,
    main: LocalDeployment,
    alices: LocalDeployment,
    alice_id: String,
    bob_id: String,
}

impl Service {
    /// Alice has an account and a deployment that isn't connected yet, Bob an account.
    async fn start() -> Self {
        let manifest = byod_local::read_manifest(MANIFEST).unwrap();
        let main = serve(Local::main(&manifest), "main");
        let main = main.start().await.unwrap();
        let alices = serve(Local::user(&manifest).name("alice"), "alice");
        let alices = alices.start().await.unwrap();
        let user = |subject: &str| main.insert("users", json!({"subject": subject})).unwrap();
        let byod = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .tables(TABLES)
            .functions(FUNCTIONS)
            // No deployment that is blocked here works again by itself.
            .recovery_pauses(Duration::from_secs(600), Duration::from_secs(600))
            .development(true);
        Self {
            byod: byod.build().unwrap(),
            alice_id: user("alice"),
            bob_id: user("bob"),
            main,
            alices,
        }
    }

    async fn with_alice_connected() -> Self {
        let service = Self::start().await;
        let credentials = service.credentials();
        let connected = service
            .byod
            .connect(&*service.alice_id, "alice", &credentials);
        assert_eq!(connected.await.unwrap().problem, None);
        // Her route is known.
        chat::purge(&service.alice()).await.unwrap_err();
        service.cost();
        service
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            deployment_url: self.alices.url(),
            deploy_key: self.alices.deploy_key().into(),
        }
    }

    async fn save(&self, status: ConnectionStatus) {
        let credentials = self.credentials();
        let saved = self
            .byod
            .save_credentials(&*self.alice_id, &credentials, status);
        saved.await.unwrap();
        self.byod.clear_user_client(&*self.alice_id);
        self.cost();
    }

    fn alice(&self) -> Session {
        let token = self.main.token("alice").unwrap();
        self.byod
            .session(&*self.alice_id, "alice")
            .with_token(token)
    }

    fn bob(&self) -> Session {
        let token = self.main.token("bob").unwrap();
        self.byod.session(&*self.bob_id, "bob").with_token(token)
    }

    /// How many requests main and Alice's deployment have had since the last time.
    fn cost(&self) -> (u64, u64) {
        let cost = (self.main.request_count(), self.alices.request_count());
        self.main.reset_requests();
        self.alices.reset_requests();
        cost
    }
}

/// The functions' results say who answered.
fn serve(local: Local, who: &'static str) -> Local {
    let is_main = who == "main";
    let local = local
        .function("chat:history", move |_, _| {
            Ok(json!([{"text": who, "author": "somebody"}]))
        })
        .function("chat:sendMessage", move |ctx, arguments| {
            let owner = match arguments.str("userId") {
                Some(owner) => owner.to_owned(),
                None => ctx.user("users")?.id().unwrap_or_default().to_owned(),
            };
            let conversation = arguments.str("conversationId").unwrap_or_default();
            let text = arguments.str("text").unwrap_or_default();
            ctx.insert(
                "messages",
                json!({"userId": owner, "conversationId": conversation, "text": text}),
            )
        })
        .function("search/hybrid:find", |ctx, arguments| {
            let text = arguments.str("text").unwrap_or_default().to_owned();
            let all = ctx.query("messages").collect()?;
            let found = all.iter().filter(|it| it.str("text") == Some(&text));
            let found = found.map(|it| json!({"id": it.id(), "text": text}));
            Ok(serde_json::Value::Array(found.collect()))
        })
        .function("search/hybrid:pages", move |_, _| {
            Ok(json!({"page": [{"text": who}], "isDone": true, "continueCursor": ""}))
        })
        .function("search/hybrid:scored", move |_, _| {
            Ok(json!([{"text": who, "score": 1.0}]))
        });
    if !is_main {
        return local;
    }
    local
        .function("chat:overview", |_, _| {
            Ok(json!({"plan": "free", "messages": 7.0}))
        })
        .function("chat:generate", |_, _| Ok(json!(null)))
        .function("chat:purge", |_, _| Ok(json!(null)))
        .function("chat:react", |_, _| Ok(json!(null)))
        .function("chat:authors", |_, _| Ok(json!([])))
        .function("admin/tags:all", |_, _| Ok(json!(["red"])))
        .function("messages:stats", |_, _| Ok(json!(3.0)))
        .function("messages:report", |_, _| Ok(json!(4.0)))
        .function("counters:value", |_, _| Ok(json!(1.0)))
        .function("counters:reset", |_, _| Ok(json!(null)))
}

/// What a call gives on main, and on the user's deployment.
macro_rules! from {
    ($location:ident, $call:expr) => {{
        let answer = $call.routed().await.unwrap();
        assert_eq!(answer.deployment.location(), Location::$location);
        answer.value
    }};
}

/// The refusal of a call that cost no request.
macro_rules! refused {
    ($service:expr, $call:expr) => {{
        let call = $call;
        let path = call.path();
        let error = call.await.unwrap_err();
        assert_eq!($service.cost(), (0, 0), "{path}: nothing was sent");
        not_served(path, &error)
    }};
}

fn not_served(path: &str, error: &Error) -> Refusal {
    let Error::NotServed {
        call,
        refusal,
        reason,
    } = error
    else {
        panic!("{path}: {error}");
    };
    assert_eq!(call.function_path(), path);
    assert_eq!(error.kind(), "not_served");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert!(!error.is_retryable());
    let said = format!("not served to users with a deployment of their own: it {reason}");
    assert!(error.to_string().ends_with(&said), "{error}");
    *refusal
}

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

#[tokio::test]
async fn a_path_known_only_at_run_time_is_routed_as_its_wrapper_is() {
    let service = Service::with_alice_connected().await;
    let client = async |path: &str, user: &str| {
        let found = service.byod.client_for_function(path, user).await;
        found.map(|found| found.deployment.location())
    };
    let alice = &*service.alice_id;
    for (path, expected) in [
        ("chat:history", Location::User),
        ("search/hybrid:find", Location::User),
        ("search/hybrid.js:find", Location::User),
        ("messages:list", Location::User),
        ("messages:stats", Location::Main),
        ("admin/tags:all", Location::Main),
        ("counters:value", Location::Main),
    ] {
        assert_eq!(client(path, alice).await.unwrap(), expected, "{path}");
        assert_eq!(client(path, &service.bob_id).await.unwrap(), Location::Main);
    }
    service.cost();
    for (path, expected) in [
        ("chat:overview", Refusal::ReadsMain),
        ("chat:legacy", Refusal::Skipped),
        ("chat:purge", Refusal::MainOnly),
        ("chat:react", Refusal::NotJudged),
        ("chat:unknown", Refusal::NotJudged),
        ("chat", Refusal::NotJudged),
        ("", Refusal::NotJudged),
    ] {
        let error = client(path, alice).await.unwrap_err();
        assert_eq!(not_served(path, &error), expected);
        assert_eq!(
            client(path, &service.bob_id).await.unwrap(),
            Location::Main,
            "{path}"
        );
    }
    assert_eq!(service.cost().1, 0);
}

#[tokio::test]
async fn a_call_by_path_is_what_its_wrapper_is() {
    let service = Service::with_alice_connected().await;
    let (alice, bob) = (service.alice(), service.bob());
    let conversation = json!({"userId": "alice", "title": "Seeds"});
    let id = service.alices.insert("conversations", conversation);
    let message = json!({"conversationId": id.unwrap(), "text": "When to sow?"});
    let send = alice.mutation::<String>("chat:sendMessage", &message);
    let id = from!(User, send.unwrap());
    let sent = &service.alices.documents("messages")[0];
    assert_eq!((sent.id(), sent.str("userId")), (Some(&*id), Some("alice")));

    let overview = alice.query::<Json>("chat:overview", &json!({})).unwrap();
    service.cost();
    assert_eq!(refused!(service, overview), Refusal::ReadsMain);
    let overview = bob.query::<Json>("chat:overview", &json!({})).unwrap();
    assert_eq!(from!(Main, overview)["messages"], 7.0);
    let generate = json!({"conversationId": "0"});
    let generate = alice.action::<Json>("chat:generate", &generate).unwrap();
    service.cost();
    assert_eq!(refused!(service, generate), Refusal::Action);
    let all = alice
        .query::<Vec<String>>("admin/tags:all", &json!({}))
        .unwrap();
    assert!(all.routed().await.unwrap().sees_no_connected);

    for (error, said) in [
        (
            alice.query::<Json>("chat:generate", &json!({})).err(),
            "`chat:generate` is an action, not a query: call it with `Session::action`",
        ),
        (
            alice.mutation::<Json>("chat:sendMesage", &json!({})).err(),
            "main has no public function `chat:sendMesage` in this build: did you mean `chat:sendMessage`?",
        ),
        (
            bob.query::<Json>("x\n", &json!({})).err(),
            "main has no public function `x` in this build: build again",
        ),
    ] {
        let error = error.unwrap();
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// All functions, records and switches there are: the law, said without the code's words.
#[tokio::test]
async fn no_connected_user_reaches_main_with_what_touches_users_tables() {
    const SWITCHES: [Rollout; 3] = [Rollout::Off, Rollout::ReadOnly, Rollout::On];
    let manifest = byod_local::read_manifest(MANIFEST).unwrap();
    let service = Service::start().await;
    let rollout = service.byod.rollout();
    let (mut served, mut refused) = (0, 0);
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
        let is_connected = status == Some(ConnectionStatus::Connected);
        let is_blocked = status == Some(ConnectionStatus::Error);
        for combination in 0..27 {
            let of = ["conversations", "messages", "tags"].map({
                let mut left = combination;
                move |table| {
                    let switch = SWITCHES[left % 3];
                    left /= 3;
                    (table, switch)
                }
            });
            rollout.set_all(Rollout::On);
            of.iter()
                .for_each(|(table, switch)| rollout.set(table, *switch));
            for (path, function) in &manifest.main.functions {
                let said = format!("{path} {status:?} {of:?}");
                let name = path.to_string();
                let found = service.byod.client_for_function(&name, &*service.alice_id);
                let found = found.await.map(|found| found.deployment.location());
                let placement = manifest.placement(path);
                let touches = placement.map(|it| it.touches()).unwrap_or_default();
                // A table's own module goes by the table's switch.
                let by: Vec<Rollout> = of
                    .iter()
                    .filter(|(table, _)| match &*path.module {
                        "messages" => *table == "messages",
                        _ => touches.contains(table),
                    })
                    .map(|(_, switch)| *switch)
                    .collect();
                let is_mains = manifest.runs(path) == byod_schema::Runs::Main;
                let all_off = !by.is_empty() && by.iter().all(|switch| *switch == Rollout::Off);
                if is_mains || !(is_connected || is_blocked) || all_off {
                    assert_eq!(found.unwrap(), Location::Main, "{said}");
                    continue;
                }
                let may = is_connected
                    && manifest.runs(path) == byod_schema::Runs::User
                    && by.iter().all(|switch| match switch {
                        Rollout::Off => false,
                        Rollout::ReadOnly => function.function_type == FunctionType::Query,
                        Rollout::On => true,
                    });
                match found {
                    Ok(location) => {
                        assert_eq!((location, may), (Location::User, true), "{said}");
                        served += 1;
                    }
                    Err(error) => {
                        assert!(!may, "{said}: {error}");
                        assert_eq!(error.outcome(), Outcome::NotExecuted, "{said}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(served > 100 && refused > 100, "{served} {refused}");
}

#[tokio::test]
async fn without_functions_no_path_is_routed() {
    let byod = Byod::builder()
        .main_url("https://happy-animal-123.convex.cloud")
        .deploy_key("prod:happy-animal-123|secret")
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .functions(FUNCTIONS)
        .tables(TABLES)
        .functions(&[]);
    let byod = byod.build().unwrap();
    let error = byod.client_for_function("chat:history", "a").await;
    let error = error.unwrap_err();
    assert!(
        error.to_string().contains(".functions(functions!())"),
        "{error}"
    );
}

#[test]
fn the_registry_has_every_public_function_where_it_runs() {
    const ROUTER: Router = Router::new(TABLES).with_functions(FUNCTIONS);
    let manifest = byod_local::read_manifest(MANIFEST).unwrap();
    assert_eq!(FUNCTIONS.len(), manifest.main.functions.len());
    for (path, function) in &manifest.main.functions {
        let found = ROUTER.function(&path.to_string()).unwrap();
        assert_eq!(found.path, path.to_string());
        assert_eq!(found.kind, function.function_type);
        match (manifest.runs(path), found.runs) {
            (byod_schema::Runs::User, Runs::User) => {}
            (byod_schema::Runs::Main, Runs::Main { sees_no_connected }) => {
                assert_eq!(sees_no_connected, path.module == "admin/tags", "{path}");
            }
            (
                byod_schema::Runs::Refused { refusal, reason },
                Runs::Refused {
                    refusal: found,
                    reason: said,
                },
            ) => assert_eq!((refusal, &*reason), (found, said), "{path}"),
            other => panic!("{path}: {other:?}"),
        }
        let is_injected = found.runs == Runs::User;
        assert_eq!(!found.inject.is_empty(), is_injected, "{path}");
    }
    let send = ROUTER.function("chat:sendMessage").unwrap();
    assert_eq!(send.kind, FunctionType::Mutation);
    assert_eq!(send.switches, ["conversations", "messages"]);
    assert_eq!(
        ROUTER.function("messages:report").unwrap().switches,
        ["messages"]
    );
}

#[test]
fn the_file_of_the_functions_is_of_these_projects() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("byod.toml");
    let builder = byod_build::Builder::new().config(&config);
    let (manifest, digest) = builder.read_with_digest().unwrap();
    let mut placements = manifest.placements.unwrap();
    let digest = digest.unwrap();
    if std::env::var_os("BYOD_PLACED_WRITE").is_some() {
        placements.digest = digest.clone();
        builder.write_placements(&placements).unwrap();
    }
    assert_eq!(
        placements.digest, digest,
        "write it with BYOD_PLACED_WRITE=1"
    );
}
