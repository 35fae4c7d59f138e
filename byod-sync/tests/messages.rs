//! Every message, against the types of `convex_sync_types`: what one writes the other reads, and it means the same.

use byod_sync::{
    ClientMessage, Json, Modification, ProtocolError, QueryId, ServerMessage, SessionId, Timestamp,
    Token, Version,
};
use convex_sync_types as theirs;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Any JSON, as a value of their messages.
#[derive(Clone, Debug, PartialEq)]
struct Any(Value);

impl From<Any> for Value {
    fn from(any: Any) -> Self {
        any.0
    }
}

impl TryFrom<Value> for Any {
    type Error = theirs_error::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        Ok(Self(value))
    }
}

mod theirs_error {
    /// Their conversions' error.
    pub(super) type Error = anyhow::Error;
}

impl Arbitrary for Any {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        theirs::testing::arb_json().prop_map(Self).boxed()
    }
}

/// Without members that are `null`: whether those are written is a matter of taste, but for those that are asked for.
fn meaning(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(name, value)| {
                !value.is_null() || matches!(&**name, "journal" | "result" | "value" | "errorData")
            });
            Value::Object(
                members
                    .map(|(name, value)| (name, meaning(value)))
                    .collect(),
            )
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_client_says_is_read_and_written_as_by_convex(message: theirs::ClientMessage) {
        let written = Value::try_from(message.clone()).unwrap();
        let read = ClientMessage::parse(&written.to_string()).unwrap();
        if read == ClientMessage::Event {
            return Ok(());
        }
        let ours: Value = serde_json::from_str(&read.to_text()).unwrap();
        let again = theirs::ClientMessage::try_from(ours).unwrap();
        prop_assert_eq!(Value::try_from(again).unwrap(), written);
        prop_assert_eq!(ClientMessage::parse(&read.to_text()).unwrap(), read);
    }

    #[test]
    fn what_a_deployment_says_is_read_and_written_as_by_convex(message: theirs::ServerMessage<Any>) {
        let written = Value::from(message);
        let read = ServerMessage::parse(&written.to_string()).unwrap();
        let ours: Value = serde_json::from_str(&read.to_text()).unwrap();
        prop_assert_eq!(meaning(ours.clone()), meaning(written.clone()));
        let again = theirs::ServerMessage::<Any>::try_from(ours).unwrap();
        prop_assert_eq!(meaning(Value::from(again)), meaning(written));
        prop_assert_eq!(ServerMessage::parse(&read.to_text()).unwrap(), read);
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>(), json in theirs::testing::arb_json()) {
        let _ = (ClientMessage::parse(&text), ServerMessage::parse(&text));
        let json = json.to_string();
        let _ = (ClientMessage::parse(&json), ServerMessage::parse(&json));
    }

    #[test]
    fn a_timestamp_is_eight_bytes_of_base64(ts: u64) {
        let ts = Timestamp(ts);
        prop_assert_eq!(Timestamp::from_base64(&ts.to_base64()), Some(ts));
    }

    #[test]
    fn a_session_is_a_uuid(bytes: [u8; 16]) {
        let session = SessionId::from_random(bytes);
        prop_assert_eq!(session.to_string().parse(), Ok(session));
    }
}

#[test]
fn a_null_is_a_value() {
    let text = json!({
        "type": "Transition",
        "startVersion": {"querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA="},
        "endVersion": {"querySet": 1, "identity": 0, "ts": "AQAAAAAAAAA="},
        "modifications": [
            {"type": "QueryUpdated", "queryId": 0, "value": null, "logLines": [], "journal": null},
        ],
    });
    let message = ServerMessage::parse(&text.to_string()).unwrap();
    let expected = ServerMessage::Transition {
        start: Version::default(),
        end: Version {
            query_set: 1,
            identity: 0,
            ts: Timestamp(1),
        },
        modifications: vec![Modification::Result {
            id: QueryId(0),
            result: Ok(Json::parse("null").unwrap()),
            log_lines: Vec::new(),
            journal: None,
        }],
        client_clock_skew: None,
        server_ts: None,
    };
    assert_eq!(message, expected);
}

#[test]
fn what_is_no_message_says_what_it_lacks() {
    let without = r#"{"type": "Mutation", "requestId": 1, "udfPath": "a:b"}"#;
    let error = ClientMessage::parse(without).unwrap_err();
    assert_eq!(error.to_string(), "a `Mutation` without `args`");
    let unknown = r#"{"type": "Mutate"}"#;
    assert_eq!(ClientMessage::parse(unknown), Err(ProtocolError::Unknown));
    let error = ServerMessage::parse("{\"type\": 7}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "not a message of the sync protocol: malformed at line 1, column 10"
    );
}

#[test]
fn no_debug_shows_a_secret() {
    let key = "prod:calm-otter-1|secret".to_owned();
    let message = ClientMessage::Authenticate {
        base_version: 0,
        token: Token::Admin {
            key,
            impersonating: None,
        },
    };
    assert!(message.to_text().contains("secret"));
    assert!(!format!("{message:?}").contains("secret"));
}
