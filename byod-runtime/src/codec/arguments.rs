use std::time::{SystemTime, UNIX_EPOCH};

use byod_schema::{Injection, Location, Value};
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};

/// One Convex function, as the generated code knows it.
pub struct FunctionInfo {
    /// The table whose module it is in.
    pub table: &'static str,
    /// Where that table lives.
    pub location: Location,
    /// The function path.
    pub path: &'static str,
    /// The call's body up to the arguments: `{"path":…,"format":…,"args":`.
    pub head: &'static str,
    /// The arguments that the user's deployment takes beside the caller's.
    pub inject: &'static [(&'static str, Injection)],
}

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
/// an object.
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
#[derive(Clone)]
pub(crate) struct Body(Vec<u8>);

impl Body {
    pub(crate) fn new(
        function: &FunctionInfo,
        arguments: &impl Arguments,
    ) -> Result<Self, serde_json::Error> {
        struct Members<'a, A>(&'a A);

        impl<A: Arguments> Serialize for Members<'_, A> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut fields = serializer.serialize_map(None)?;
                self.0.encode_fields(&mut fields)?;
                fields.end()
            }
        }

        let mut body = Vec::with_capacity(function.head.len() + 192);
        body.extend_from_slice(function.head.as_bytes());
        serde_json::to_writer(&mut body, &Members(arguments))?;
        // Open again: the deployment that answers may take more arguments.
        body.pop();
        Ok(Self(body))
    }

    /// The whole body for the user's deployment, with what it takes beside the
    /// caller's arguments.
    pub(crate) fn for_user(
        mut self,
        function: &FunctionInfo,
        subject: &str,
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
            }
        }
        Ok(self.for_main())
    }

    /// One more argument.
    pub(crate) fn add(
        &mut self,
        name: &str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), serde_json::Error> {
        let Self(body) = self;
        if body.last() != Some(&b'{') {
            body.push(b',');
        }
        serde_json::to_writer(&mut *body, name)?;
        body.push(b':');
        serde_json::to_writer(body, value)
    }

    /// The whole body for main.
    pub(crate) fn for_main(self) -> Vec<u8> {
        let Self(mut body) = self;
        body.extend_from_slice(b"}}");
        body
    }
}

/// As `Date.now()`: whole milliseconds since 1970.
fn milliseconds() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |elapsed| elapsed.as_millis() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATE: FunctionInfo = FunctionInfo {
        table: "notes",
        location: Location::User,
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
        let body = parse(&body.for_user(&CREATE, "auth0|\"x\"").unwrap());
        let args = &body["args"];
        assert_eq!(args["userId"], "auth0|\"x\"");
        assert_eq!(args["createdAt"], args["updatedAt"]);
        assert!(args["createdAt"].as_u64().unwrap() > 1_700_000_000_000);
    }

    #[test]
    fn arguments_must_be_an_object() {
        let error = Body::new(&CREATE, &UntypedArguments(&[1, 2]))
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.to_string(), "the arguments are not an object");
    }
}
