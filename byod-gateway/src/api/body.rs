//! What a request asks for.

use byod_schema::FunctionType;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{Format, Refused};

/// The body of a call.
#[derive(Deserialize)]
struct Body<'a> {
    path: Option<String>,
    #[serde(borrow)]
    args: &'a RawValue,
    format: Option<String>,
    /// Of `query_at_ts` alone.
    ts: Option<String>,
}

/// A call that a request asks for.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// As its client says; `None` where it says nothing of it.
    pub(super) kind: Option<FunctionType>,
    pub(super) path: String,
    /// An object.
    pub(super) args: &'a RawValue,
    pub(super) format: Format,
    /// The moment that a query is to be of.
    pub(super) ts: Option<String>,
}

impl<'a> Wanted<'a> {
    /// Reads a body; `path` is that of the request, where it has one.
    pub(super) fn read(
        kind: Option<FunctionType>,
        path: Option<String>,
        body: &'a [u8],
    ) -> Result<Self, Refused> {
        let malformed =
            |error: serde_json::Error| Refused::bad_request("BadJsonBody", error.to_string());
        let body: Body<'a> = serde_json::from_slice(body).map_err(malformed)?;
        let path = path.or(body.path).unwrap_or_default();
        if path.is_empty() {
            return Err(Refused::bad_request(
                "BadConvexFunctionIdentifier",
                "the call names no function: `path` is missing",
            ));
        }
        Ok(Self {
            kind,
            path,
            args: one(body.args).map_err(malformed)?,
            format: Format::named(body.format.as_deref())?,
            ts: body.ts,
        })
    }
}

/// Arguments are an object, or an array of one.
fn one(args: &RawValue) -> Result<&RawValue, serde_json::Error> {
    if !args.get().starts_with('[') {
        return Ok(args);
    }
    let args: Vec<&RawValue> = serde_json::from_str(args.get())?;
    match args[..] {
        [] => serde_json::from_str("{}"),
        [args] => Ok(args),
        _ => Err(serde::de::Error::custom("`args` has more than one member")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_object_or_an_array_of_one() {
        for (args, expected) in [
            ("{\"a\":1}", "{\"a\":1}"),
            ("[{\"a\":1}]", "{\"a\":1}"),
            ("[]", "{}"),
        ] {
            let body = format!(r#"{{"path": "notes:list", "args": {args}}}"#);
            let wanted = Wanted::read(Some(FunctionType::Query), None, body.as_bytes()).unwrap();
            assert_eq!(wanted.args.get(), expected);
            assert_eq!(
                (&*wanted.path, wanted.format),
                ("notes:list", Format::Clean)
            );
        }
        let two = br#"{"path": "notes:list", "args": [{}, {}]}"#;
        assert!(Wanted::read(None, None, two).is_err());
    }
}
