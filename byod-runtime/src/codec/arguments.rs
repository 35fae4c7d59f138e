use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use byod_schema::{Injection, Value};
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer as _};

use super::function::FunctionInfo;
use super::idempotency::IdempotencyKey;

/// The arguments of a function, written as the members of an object.
pub trait Arguments {
    /// Writes the arguments that are there.
    fn encode_fields<M: SerializeMap>(&self, fields: &mut M) -> Result<(), M::Error>;
}

/// For functions without arguments of the caller's own.
impl Arguments for () {
    fn encode_fields<M: SerializeMap>(&self, _: &mut M) -> Result<(), M::Error> {
        Ok(())
    }
}

/// The arguments of a function that declares none: anything that serializes to
/// an object. A member of a name under `[user.inject]` goes to main only: the
/// user's deployment gets the subject or the time.
pub struct UntypedArguments<'a, T>(pub &'a T);

impl<T: Serialize> Arguments for UntypedArguments<'_, T> {
    fn encode_fields<M: SerializeMap>(&self, fields: &mut M) -> Result<(), M::Error> {
        let serde_json::Value::Object(members) =
            serde_json::to_value(self.0).map_err(M::Error::custom)?
        else {
            return Err(M::Error::custom("the arguments are not an object"));
        };
        for (key, value) in &members {
            fields.serialize_entry(key, value)?;
        }
        Ok(())
    }
}

/// The body of a call but for its end: what the caller gives, written once.
#[derive(Clone, Default)]
pub(crate) struct Body {
    /// What every deployment gets; open, for there may be more arguments.
    shared: Vec<u8>,
    /// The caller's arguments under the names that are filled in on the user's
    /// deployment, as members. Only main gets them.
    main_only: Vec<u8>,
}

impl Body {
    pub(crate) fn new(
        function: &FunctionInfo,
        arguments: &impl Arguments,
    ) -> Result<Self, serde_json::Error> {
        let mut shared = Vec::with_capacity(function.head.len() + 192);
        shared.extend_from_slice(function.head.as_bytes());
        let mut main_only = Vec::new();
        let mut json = serde_json::Serializer::new(&mut shared);
        let mut members = Members {
            shared: json.serialize_map(None)?,
            main_only: &mut main_only,
            inject: function.inject,
            is_injected: false,
        };
        arguments.encode_fields(&mut members)?;
        members.end()?;
        shared.pop();
        Ok(Self { shared, main_only })
    }

    /// The whole body for the user's deployment, with what it takes beside the
    /// caller's arguments.
    pub(crate) fn for_user(
        mut self,
        function: &FunctionInfo,
        subject: &str,
        key: Option<&IdempotencyKey>,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let mut now = None;
        for (name, injection) in function.inject {
            match injection {
                Injection::Subject => self.add(name, subject)?,
                // One reading per call: two stamps of one document are equal.
                Injection::Now => {
                    let now = *now.get_or_insert_with(milliseconds);
                    self.add(name, &Value::Float64(now))?;
                }
                Injection::IdempotencyKey => {
                    if let Some(key) = key {
                        self.add(name, &key.of(function))?;
                    }
                }
            }
        }
        let mut body = self.shared;
        body.extend_from_slice(b"}}");
        Ok(body)
    }

    /// One more argument, on every deployment.
    pub(crate) fn add(
        &mut self,
        name: &str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), serde_json::Error> {
        let body = &mut self.shared;
        next_member(body);
        serde_json::to_writer(&mut *body, name)?;
        body.push(b':');
        serde_json::to_writer(body, value)
    }

    /// The whole body for main.
    pub(crate) fn for_main(self) -> Vec<u8> {
        let mut body = self.shared;
        if !self.main_only.is_empty() {
            next_member(&mut body);
            body.extend_from_slice(&self.main_only);
        }
        body.extend_from_slice(b"}}");
        body
    }
}

/// Writes the comma before a member that is not an object's first.
fn next_member(json: &mut Vec<u8>) {
    if !matches!(json.last(), None | Some(b'{')) {
        json.push(b',');
    }
}

/// Writes members where they belong: apart where the runtime fills the name in,
/// so that no deployment ever gets a name twice.
struct Members<'a, M> {
    shared: M,
    main_only: &'a mut Vec<u8>,
    inject: &'static [(&'static str, Injection)],
    /// Whether the member whose key was just written is one that is filled in.
    is_injected: bool,
}

impl<M: SerializeMap<Error = serde_json::Error>> SerializeMap for Members<'_, M> {
    type Ok = M::Ok;
    type Error = M::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), M::Error> {
        self.is_injected = self.inject.iter().any(|(name, _)| is_text(key, name));
        if !self.is_injected {
            return self.shared.serialize_key(key);
        }
        next_member(self.main_only);
        serde_json::to_writer(&mut *self.main_only, key)?;
        self.main_only.push(b':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), M::Error> {
        if self.is_injected {
            serde_json::to_writer(&mut *self.main_only, value)
        } else {
            self.shared.serialize_value(value)
        }
    }

    fn end(self) -> Result<M::Ok, M::Error> {
        self.shared.end()
    }
}

/// Whether `key` is the string `name`; without writing it anywhere.
fn is_text<T: Serialize + ?Sized>(key: &T, name: &str) -> bool {
    struct Rest<'a>(&'a str);

    impl fmt::Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }

    struct Shown<'a, T: ?Sized>(&'a T);

    impl<T: Serialize + ?Sized> fmt::Display for Shown<'_, T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }

    let mut rest = Rest(name);
    fmt::write(&mut rest, format_args!("{}", Shown(key))).is_ok() && rest.0.is_empty()
}

/// As `Date.now()`: whole milliseconds since 1970.
fn milliseconds() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |elapsed| elapsed.as_millis() as f64)
}

#[cfg(test)]
mod tests {
    use byod_schema::FunctionType;

    use super::*;
    use crate::codec::Runs;

    const CREATE: FunctionInfo = FunctionInfo {
        table: "notes",
        kind: FunctionType::Mutation,
        runs: Runs::User,
        switches: &["notes"],
        path: "notes:create",
        head: r#"{"path":"notes:create","format":"convex_encoded_json","args":"#,
        inject: &[
            ("createdAt", Injection::Now),
            ("updatedAt", Injection::Now),
            ("userId", Injection::Subject),
        ],
    };

    fn parse(body: &[u8]) -> serde_json::Value {
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn main_gets_what_the_caller_gave() {
        let arguments = serde_json::json!({"title": "Hi"});
        let body = Body::new(&CREATE, &UntypedArguments(&arguments)).unwrap();
        assert_eq!(
            parse(&body.for_main()),
            serde_json::json!({
                "path": "notes:create", "format": "convex_encoded_json", "args": {"title": "Hi"}
            })
        );
    }

    #[test]
    fn the_users_deployment_gets_the_subject_and_one_time() {
        let body = Body::new(&CREATE, &()).unwrap();
        let body = parse(&body.for_user(&CREATE, "auth0|\"x\"", None).unwrap());
        let args = &body["args"];
        assert_eq!(args["userId"], "auth0|\"x\"");
        assert_eq!(args["createdAt"], args["updatedAt"]);
        assert!(args["createdAt"].as_u64().unwrap() > 1_700_000_000_000);
    }

    #[test]
    fn what_the_runtime_fills_in_is_the_callers_on_main_only() {
        let arguments = serde_json::json!({"userId": "forged", "title": "Hi", "createdAt": 1});
        let body = || Body::new(&CREATE, &UntypedArguments(&arguments)).unwrap();

        let main = body().for_main();
        assert_eq!(parse(&main)["args"], arguments);

        let user = String::from_utf8(body().for_user(&CREATE, "subject", None).unwrap()).unwrap();
        assert_eq!(user.matches("\"userId\":").count(), 1, "{user}");
        assert_eq!(user.matches("\"createdAt\":").count(), 1, "{user}");
        assert!(!user.contains("forged"), "{user}");
        let args = &parse(user.as_bytes())["args"];
        assert_eq!(args["userId"], "subject");
        assert_eq!(args["title"], "Hi");
        assert_ne!(args["createdAt"], 1);
    }

    #[test]
    fn the_users_deployment_gets_the_key_of_a_call_that_has_one() {
        const ONCE: FunctionInfo = FunctionInfo {
            inject: &[("key", Injection::IdempotencyKey)],
            ..CREATE
        };
        let arguments = serde_json::json!({"title": "Hi", "key": "the caller's"});
        let body = || Body::new(&ONCE, &UntypedArguments(&arguments)).unwrap();
        let args = |key| parse(&body().for_user(&ONCE, "subject", key).unwrap())["args"].clone();
        assert_eq!(args(None), serde_json::json!({"title": "Hi"}));
        let key = IdempotencyKey::new("\"7\"".to_owned());
        assert_eq!(
            args(Some(&key)),
            serde_json::json!({"title": "Hi", "key": "notes:create \"7\""})
        );
        assert_eq!(parse(&body().for_main())["args"], arguments);
    }

    #[test]
    fn only_whole_names_are_filled_in() {
        let arguments = serde_json::json!({"user": 1, "userIds": 2, "": 3});
        let body = Body::new(&CREATE, &UntypedArguments(&arguments)).unwrap();
        let args = &parse(&body.for_user(&CREATE, "subject", None).unwrap())["args"];
        assert_eq!(
            (&args["user"], &args["userIds"], &args[""]),
            (&1.into(), &2.into(), &3.into())
        );
    }

    #[test]
    fn arguments_must_be_an_object() {
        let error = Body::new(&CREATE, &UntypedArguments(&[1, 2]))
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.to_string(), "the arguments are not an object");
    }
}
