use std::fmt;
use std::ops::Range;
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
/// user's deployment gets the session's subject or the time. There, a call that names
/// somebody else as the subject is [`Error::WrongOwner`](crate::Error::WrongOwner).
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
    /// The arguments among these that say who the owner is, and where their values are.
    owners: Vec<(&'static str, Range<usize>)>,
}

impl Body {
    pub(crate) fn new(
        function: &FunctionInfo,
        arguments: &impl Arguments,
    ) -> Result<Self, serde_json::Error> {
        let mut shared = Vec::with_capacity(function.head.len() + 192);
        shared.extend_from_slice(function.head.as_bytes());
        let (mut main_only, mut owners) = (Vec::new(), Vec::new());
        let mut json = serde_json::Serializer::new(&mut shared);
        let mut members = Members {
            shared: json.serialize_map(None)?,
            main_only: &mut main_only,
            owners: &mut owners,
            inject: function.inject,
            injected: None,
        };
        arguments.encode_fields(&mut members)?;
        members.end()?;
        shared.pop();
        Ok(Self {
            shared,
            main_only,
            owners,
        })
    }

    /// The argument that names an owner who is none of `caller`: what the caller gave may
    /// say who they are, by any of their names, and nobody else.
    pub(crate) fn wrong_owner(&self, caller: [&str; 2]) -> Option<&'static str> {
        let mut owners = self.owners.iter();
        let wrong = owners.find(|(_, value)| {
            let given = serde_json::from_slice::<String>(&self.main_only[value.clone()]);
            !given.is_ok_and(|given| caller.contains(&&*given))
        });
        wrong.map(|(name, _)| *name)
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
    owners: &'a mut Vec<(&'static str, Range<usize>)>,
    inject: &'static [(&'static str, Injection)],
    /// What the member whose key was just written is filled in with, if it is.
    injected: Option<(&'static str, Injection)>,
}

impl<M: SerializeMap<Error = serde_json::Error>> SerializeMap for Members<'_, M> {
    type Ok = M::Ok;
    type Error = M::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), M::Error> {
        let mut inject = self.inject.iter().copied();
        self.injected = inject.find(|(name, _)| is_text(key, name));
        if self.injected.is_none() {
            return self.shared.serialize_key(key);
        }
        next_member(self.main_only);
        serde_json::to_writer(&mut *self.main_only, key)?;
        self.main_only.push(b':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), M::Error> {
        let Some((name, injection)) = self.injected else {
            return self.shared.serialize_value(value);
        };
        let begin = self.main_only.len();
        serde_json::to_writer(&mut *self.main_only, value)?;
        if injection == Injection::Subject {
            self.owners.push((name, begin..self.main_only.len()));
        }
        Ok(())
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
        mirror: &[],
        outbox: false,
        schema_version: 0,
        takes: &[],
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
    fn who_the_owner_is_the_caller_can_only_repeat() {
        let named = |arguments: serde_json::Value| {
            let body = Body::new(&CREATE, &UntypedArguments(&arguments)).unwrap();
            body.wrong_owner(["a\"b", "k57"])
        };
        for own in [
            serde_json::json!({"title": "Hi", "createdAt": 1}),
            serde_json::json!({"userId": "a\"b", "title": "Hi"}),
            serde_json::json!({"createdAt": 1, "userId": "k57"}),
            serde_json::json!({"owner": "bob"}),
        ] {
            assert_eq!(named(own.clone()), None, "{own}");
        }
        for other in [
            serde_json::json!("bob"),
            serde_json::json!(""),
            serde_json::json!("a"),
            serde_json::json!("A\"B"),
            serde_json::json!("k57 "),
            serde_json::json!(null),
            serde_json::json!(7),
            serde_json::json!(["k57"]),
            serde_json::json!({"k57": "k57"}),
        ] {
            let arguments = serde_json::json!({"title": "Hi", "userId": other});
            assert_eq!(named(arguments), Some("userId"), "{other}");
        }
    }

    #[test]
    fn an_owner_that_is_written_twice_is_looked_at_twice() {
        struct Twice([&'static str; 2]);

        impl Arguments for Twice {
            fn encode_fields<M: SerializeMap>(&self, fields: &mut M) -> Result<(), M::Error> {
                let mut owners = self.0.iter();
                owners.try_for_each(|owner| fields.serialize_entry("userId", owner))
            }
        }

        for owners in [["alice", "bob"], ["bob", "alice"]] {
            let body = Body::new(&CREATE, &Twice(owners)).unwrap();
            assert_eq!(body.wrong_owner(["alice", "1"]), Some("userId"));
        }
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
