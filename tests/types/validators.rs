//! Every validator's Rust type: what is sent is what is stored, and comes back.

use std::collections::BTreeMap;

use byod_local::{Local, LocalDeployment};
use byod_runtime::{Byod, Id, Session, Value};
use byod_types_tests::{Events, MANIFEST, TABLES, Users, events, values};
use serde_json::json;

async fn start() -> (LocalDeployment, Session) {
    let manifest = byod_local::read_manifest(MANIFEST).unwrap();
    let main = Local::main(&manifest).start().await.unwrap();
    let byod = Byod::builder()
        .main_url(main.url())
        .deploy_key(main.deploy_key())
        .encryption_key(byod_runtime::EncryptionKey::parse("only for tests").unwrap())
        .tables(TABLES)
        .build()
        .unwrap();
    let token = main.token("alice").unwrap();
    (main, byod.session("u1", "alice").with_token(token))
}

/// One value of everything.
fn everything(user: &Id<Users>) -> values::CreateArgs {
    values::CreateArgs {
        user: user.clone(),
        none: (),
        number: 0.1 + 0.2,
        int64: i64::MIN,
        boolean: true,
        string: "\u{0}“é”\u{1f600}\n".into(),
        bytes: vec![0, 127, 255],
        literal: values::Literal::One,
        number_literal: 1.5,
        int64_literal: 7,
        boolean_literal: true,
        array: vec![vec![], vec![1, i64::MAX]],
        record: BTreeMap::from([("a b".to_owned(), vec![1]), ("empty".to_owned(), vec![])]),
        id_record: BTreeMap::from([(user.clone(), -0.0)]),
        object: values::Object {
            text: String::new(),
            maybe: None,
            inner: values::ObjectInner::default(),
        },
        literals: values::Literals::B,
        mixed: values::Mixed::Number(f64::INFINITY),
        tagged: values::Tagged::False,
        any: Value::Null,
        optional: None,
        nullable: None,
        optional_nullable: None,
    }
}

/// The same with other values where there are others.
fn everything_else(user: &Id<Users>) -> Vec<values::CreateArgs> {
    let base = || everything(user);
    let nested = Value::from(BTreeMap::from([
        ("int".to_owned(), Value::Int64(-1)),
        (
            "list".to_owned(),
            Value::Array(vec![Value::Bytes(vec![9]), Value::Float64(-0.0)]),
        ),
    ]));
    vec![
        base(),
        values::CreateArgs {
            number: f64::MIN_POSITIVE,
            int64: 0,
            boolean: false,
            string: String::new(),
            bytes: vec![],
            array: vec![],
            record: BTreeMap::new(),
            id_record: BTreeMap::new(),
            object: values::Object {
                maybe: Some(f64::NEG_INFINITY),
                ..base().object
            },
            literals: values::Literals::A,
            mixed: values::Mixed::Literal(values::MixedLiteral::Auto),
            tagged: values::Tagged::True(values::TaggedTrue { n: 5 }),
            any: nested,
            optional: Some(String::new()),
            nullable: Some("null".into()),
            optional_nullable: Some(None),
            ..base()
        },
        values::CreateArgs {
            number: 9_007_199_254_740_993.0,
            mixed: values::Mixed::Int64(3),
            optional_nullable: Some(Some(-3)),
            any: Value::String("{}".into()),
            ..base()
        },
        values::CreateArgs {
            mixed: values::Mixed::Array(vec!["auto".into()]),
            ..base()
        },
    ]
}

#[tokio::test]
async fn what_is_sent_comes_back() {
    let (main, session) = start().await;
    let user = main.insert("users", json!({"subject": "alice"})).unwrap();
    for sent in everything_else(&Id::<Users>::new(user)) {
        let id = values::create(&session, sent.clone()).await.unwrap();
        let get = values::GetArgs { id: id.clone() };
        let read = values::get(&session, get).await.unwrap().unwrap();
        assert_eq!(read.id, id);
        assert!(read.creation_time > 1_700_000_000_000.0);

        macro_rules! same {
            ($($field:ident)*) => {$(
                assert_eq!(read.$field, sent.$field, stringify!($field));
            )*};
        }
        same! {
            user none number int64 boolean string bytes literal number_literal int64_literal
            boolean_literal array record id_record object literals mixed tagged any optional
            nullable optional_nullable
        }

        // Written back, it is the document that is stored, to the last bit.
        let stored = main.documents("values");
        let stored = stored
            .iter()
            .find(|it| it.id() == Some(id.as_str()))
            .unwrap();
        let stored: BTreeMap<String, Value> = stored
            .iter()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect();
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written, serde_json::to_value(Value::from(stored)).unwrap());
    }
}

#[tokio::test]
async fn the_deployment_refuses_a_literal_that_it_does_not_have() {
    let (main, session) = start().await;
    let user = main.insert("users", json!({"subject": "alice"})).unwrap();
    let wrong = values::CreateArgs {
        number_literal: 2.5,
        ..everything(&Id::<Users>::new(user))
    };
    let error = values::create(&session, wrong).await.unwrap_err();
    assert!(error.to_string().contains("v.literal(1.5)"), "{error}");
}

#[tokio::test]
async fn documents_of_several_kinds_are_an_enum() {
    let (main, session) = start().await;
    main.insert("events", json!({"kind": "opened", "at": 1.5}))
        .unwrap();
    main.insert("events", json!({"kind": "renamed", "title": "Hi"}))
        .unwrap();
    let all = events::list(&session).await.unwrap();
    match &all[..] {
        [renamed, opened] => {
            assert!(matches!(&**renamed, Events::Renamed(event) if event.title == "Hi"));
            assert!(matches!(&opened.fields, Events::Opened(event) if event.at == 1.5));
            assert!(opened.creation_time > 0.0);
        }
        other => panic!("{other:?}"),
    }
}
