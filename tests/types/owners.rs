//! Whose documents a user's deployment is asked for: the session says it, and no caller.

use byod_local::{FunctionError, Local, LocalDeployment, Object, Value};
use byod_runtime::{Byod, Credentials, EncryptionKey, Error, Outcome, Session};
use byod_types_tests::{FUNCTIONS, MANIFEST, TABLES, notes};
use serde_json::json;

/// Every function that is told whose notes are meant.
const TOLD: [&str; 7] = [
    "notes:ofUser",
    "notes:ofSubject",
    "notes:perhapsOf",
    "notes:assigned",
    "notes:anything",
    "notes:rename",
    "notes:summarize",
];

struct Service {
    byod: Byod,
    main: LocalDeployment,
    users: LocalDeployment,
    alice_id: String,
    bob_id: String,
}

/// Each function gives whom it was told.
fn telling(mut deployment: Local) -> Local {
    let told =
        |args: Object| Ok::<Value, FunctionError>(args.str("userId").unwrap_or("nobody").into());
    for path in TOLD {
        deployment = deployment.function(path, move |_, args| told(args));
    }
    deployment.function("notes:pagesOf", |_, args| {
        let told = args.str("userId").unwrap_or("nobody");
        let page = json!({"page": [told], "continueCursor": "", "isDone": true});
        Ok(serde_json::from_value::<Value>(page).unwrap())
    })
}

impl Service {
    /// Alice and Bob share a deployment, which both have connected if told so.
    async fn start(connected: bool) -> Self {
        let manifest = byod_local::read_manifest(MANIFEST).unwrap();
        let main = telling(Local::main(&manifest)).start().await.unwrap();
        let users = telling(Local::user(&manifest).shared());
        let users = users.start().await.unwrap();
        let id = |subject: &str| main.insert("users", json!({"subject": subject})).unwrap();
        let (alice_id, bob_id) = (id("alice"), id("bob"));
        let byod = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .tables(TABLES)
            .functions(FUNCTIONS)
            .development(true)
            // Requests of main are counted.
            .listen_to_main(false)
            .build()
            .unwrap();
        if connected {
            for (id, subject) in [(&alice_id, "alice"), (&bob_id, "bob")] {
                let credentials = Credentials {
                    deployment_url: users.url(),
                    deploy_key: users.deploy_key().into(),
                };
                let status = byod.connect(&**id, subject, &credentials).await.unwrap();
                assert_eq!(status.problem, None);
            }
        }
        users.reset_requests();
        Self {
            byod,
            main,
            users,
            alice_id,
            bob_id,
        }
    }

    fn alice(&self) -> Session {
        let token = self.main.token("alice").unwrap();
        self.byod
            .session(&*self.alice_id, "alice")
            .with_token(token)
    }
}

/// What each function gives, or how it fails, where it is told that `user` is meant.
async fn all(session: &Session, user: &str) -> Vec<(&'static str, Result<String, Error>)> {
    let user_id = || user.to_owned();
    let given = || Some(user_id());
    let once = || notes::RenameArgs {
        user_id: user_id(),
        title: "Milk".into(),
    };
    let page = notes::pages_of(session, notes::PagesOfArgs { user_id: user_id() });
    let mut items = notes::pages_of(session, notes::PagesOfArgs { user_id: user_id() }).items();
    let of_user = |user_id| notes::of_user(session, notes::OfUserArgs { user_id });
    let (batched,) = session.batch((of_user(user_id()),)).results().await;
    let by_path = session.query::<String>("notes:ofSubject", &json!({"userId": user}));
    let renamed = json!({"userId": user, "title": "Milk"});
    let renamed = session.mutation::<String>("notes:rename", &renamed);
    let told = [
        ("notes:ofSubject", by_path.unwrap().await),
        ("notes:rename", renamed.unwrap().await),
        ("notes:ofUser", of_user(user_id()).await),
        ("notes:ofUser", batched),
        ("notes:ofSubject", {
            let args = notes::OfSubjectArgs { user_id: user_id() };
            notes::of_subject(session, args).await
        }),
        ("notes:perhapsOf", {
            let args = notes::PerhapsOfArgs { user_id: given() };
            notes::perhaps_of(session, args).await
        }),
        ("notes:assigned", {
            let args = notes::AssignedArgs { user_id: given() };
            notes::assigned(session, args).await
        }),
        ("notes:anything", {
            notes::anything(session, json!({"n": 1, "userId": user})).await
        }),
        ("notes:pagesOf", page.await.map(|page| page.page[0].clone())),
        ("notes:pagesOf", items.next().await.unwrap()),
        ("notes:rename", notes::rename(session, once()).await),
        ("notes:rename", {
            let key = format!("as {user}");
            notes::rename(session, once()).idempotency_key(key).await
        }),
        ("notes:summarize", {
            let args = notes::SummarizeArgs { user_id: user_id() };
            notes::summarize(session, args).await
        }),
    ];
    told.into()
}

#[tokio::test]
async fn the_users_deployment_is_told_the_subject_whichever_own_name_is_given() {
    let service = Service::start(true).await;
    for own in ["alice", &service.alice_id] {
        for (path, told) in all(&service.alice(), own).await {
            assert_eq!(told.unwrap(), "alice", "{path} by {own}");
        }
    }
    // Where main lets it be left out, it is filled in.
    let left_out = notes::perhaps_of(&service.alice(), notes::PerhapsOfArgs::default());
    assert_eq!(left_out.await.unwrap(), "alice");
    let left_out = notes::anything(&service.alice(), json!({}));
    assert_eq!(left_out.await.unwrap(), "alice");
}

#[tokio::test]
async fn somebody_else_is_refused_before_anything_is_sent() {
    let service = Service::start(true).await;
    let main = service.main.request_count();
    for other in ["bob", &service.bob_id, "", "Alice", "alice ", "\"alice\""] {
        for (path, told) in all(&service.alice(), other).await {
            let error = told.expect_err(path);
            let Error::WrongOwner { call, argument } = &error else {
                panic!("{path} by {other:?}: {error}");
            };
            assert_eq!((call.function_path(), &**argument), (path, "userId"));
            assert_eq!(error.outcome(), Outcome::NotExecuted);
            assert!(!error.is_retryable());
            let message = error.to_string();
            let fix = "call it with the session of the user who is meant";
            assert!(message.ends_with(fix), "{message}");
            assert!(!message.contains(&service.bob_id), "{message}");
        }
    }
    // Nobody in particular is somebody else, too.
    let nobody = notes::assigned(&service.alice(), notes::AssignedArgs { user_id: None });
    assert!(matches!(nobody.await, Err(Error::WrongOwner { .. })));
    for odd in [json!(null), json!(["alice"]), json!({"alice": 1}), json!(7)] {
        let odd = notes::anything(&service.alice(), json!({"userId": odd}));
        assert!(matches!(odd.await, Err(Error::WrongOwner { .. })));
    }
    assert_eq!(service.users.request_count(), 0);
    assert!(service.main.request_count() <= main + 1, "the record alone");
}

#[tokio::test]
async fn an_error_names_the_kind_of_call_and_its_neighbours_in_a_batch_are_answered() {
    let service = Service::start(true).await;
    let alice = service.alice();
    let args = notes::RenameArgs {
        user_id: "bob".into(),
        title: "Milk".into(),
    };
    let error = notes::rename(&alice, args).await.unwrap_err().to_string();
    assert!(error.starts_with("mutation `notes:rename` on "), "{error}");

    let of = |user_id: &str| {
        let user_id = user_id.to_owned();
        notes::of_subject(&alice, notes::OfSubjectArgs { user_id })
    };
    let results = alice.batch(vec![of("alice"), of("bob"), of("alice")]);
    let results = results.results().await;
    assert_eq!(results[0].as_deref().unwrap(), "alice");
    assert!(matches!(results[1], Err(Error::WrongOwner { .. })));
    assert_eq!(results[2].as_deref().unwrap(), "alice");
    assert_eq!(service.users.request_count(), 1);
}

#[tokio::test]
async fn main_is_told_what_the_caller_gave() {
    let service = Service::start(false).await;
    for given in [&service.alice_id, &service.bob_id] {
        for (path, told) in all(&service.alice(), given).await {
            assert_eq!(&told.unwrap(), given, "{path}");
        }
    }
    let left_out = notes::perhaps_of(&service.alice(), notes::PerhapsOfArgs::default());
    assert_eq!(left_out.await.unwrap(), "nobody");
    assert_eq!(service.users.request_count(), 0);
}
