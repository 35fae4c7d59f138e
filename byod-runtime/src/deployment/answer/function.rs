//! Reads the answer of a function: one pass over the bytes, the value straight into the
//! caller's type.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::deployment::claim_refusal;
use crate::deployment::context::{CallContext, Older};
use crate::deployment::values;
use crate::error::{Error, ErrorData, text};

/// How much of a function's message is kept, in characters.
const MESSAGE_LIMIT: usize = 4096;

/// How much of a refusal's code is kept, in characters.
const CODE_LIMIT: usize = 100;

/// What a function gave, as it came.
#[derive(Clone, Copy)]
pub(crate) enum Given<'a> {
    /// The whole answer to a request.
    Answer(&'a [u8]),
    /// The value by itself, of a query that is watched.
    Value(&'a str),
}

/// Reads what a function gave; `seed` reads its value.
pub(crate) fn read_given<'de, S: DeserializeSeed<'de>>(
    given: Given<'de>,
    seed: S,
    context: CallContext<'_>,
) -> Result<S::Value, Error> {
    let text = match given {
        Given::Answer(bytes) => return read(bytes, seed, context),
        Given::Value(text) => text,
    };
    if values::more_than(context.values, text.as_bytes()) {
        return Err(Error::TooManyValues {
            call: context.call(),
            limit: context.values,
        });
    }
    let mut value = serde_json::Deserializer::from_str(text);
    let read = seed.deserialize(&mut value);
    let read = read.and_then(|read| value.end().map(|()| read));
    read.map_err(|error| of_another_type(&error, context))
}

/// Reads what a function gave whose value is a plain serde type.
pub(crate) fn read_given_value<T: DeserializeOwned>(
    given: Given<'_>,
    context: CallContext<'_>,
) -> Result<T, Error> {
    read_given(given, PhantomData::<T>, context)
}

/// The error of a function that failed.
pub(crate) fn failed(message: &str, data: Option<&RawValue>, context: CallContext<'_>) -> Error {
    let message = message.into();
    Failure { message, data }.error(context)
}

fn of_another_type(error: &serde_json::Error, context: CallContext<'_>) -> Error {
    Error::Answer {
        call: context.call(),
        reason: context.quote(&format!(
            "the value is not of the type asked for: {}",
            text::unreadable(error)
        )),
        executed: true,
    }
}

/// Reads the answer of a function; `seed` reads its value.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    seed: S,
    context: CallContext<'_>,
) -> Result<S::Value, Error> {
    if values::more_than(context.values, bytes) {
        return Err(too_many(bytes, context));
    }
    let unreadable = match parse(bytes, seed) {
        Ok(Envelope::Success(value)) => return Ok(value),
        Ok(Envelope::Failure(failure)) => return Err(failure.error(context)),
        Err(unreadable) => unreadable,
    };
    // Was it the value's type, or is this no answer at all? A function that failed
    // may have a value beside its message, too.
    match parse(bytes, PhantomData::<IgnoredAny>) {
        Ok(Envelope::Success(_)) => Err(of_another_type(&unreadable, context)),
        Ok(Envelope::Failure(failure)) => Err(failure.error(context)),
        Err(error) => Err(not_convex(&error, context)),
    }
}

/// An answer of too many values, none of which is kept. If the function failed, they are
/// its error's data.
#[cold]
fn too_many(bytes: &[u8], context: CallContext<'_>) -> Error {
    match parse(bytes, PhantomData::<IgnoredAny>) {
        Ok(Envelope::Success(_)) => Error::TooManyValues {
            call: context.call(),
            limit: context.values,
        },
        Ok(Envelope::Failure(failure)) => failure.error(context),
        Err(error) => not_convex(&error, context),
    }
}

pub(super) fn not_convex(error: &serde_json::Error, context: CallContext<'_>) -> Error {
    let error = text::unreadable(error);
    Error::Answer {
        call: context.call(),
        reason: context.quote(&format!(
            "the answer is not one of a Convex deployment: {error}"
        )),
        executed: false,
    }
}

/// Reads the answer of a function whose value is a plain serde type.
pub(crate) fn read_value<T: DeserializeOwned>(
    bytes: &[u8],
    context: CallContext<'_>,
) -> Result<T, Error> {
    read(bytes, PhantomData::<T>, context)
}

/// The code and message of an answer that is not a function's.
pub(crate) fn refusal(body: &[u8], context: CallContext<'_>) -> (Option<Box<str>>, Box<str>) {
    #[derive(Deserialize)]
    struct Refusal<'a> {
        #[serde(borrow)]
        code: Cow<'a, str>,
        #[serde(borrow)]
        message: Cow<'a, str>,
    }

    match serde_json::from_slice(body) {
        Ok(Refusal { code, message }) => {
            let code = context.quote_at_most(&code, CODE_LIMIT);
            (Some(code), context.quote(&message))
        }
        // Whatever stands between here and the deployment wrote it.
        Err(_) => (None, context.quote(&String::from_utf8_lossy(body))),
    }
}

enum Envelope<'de, T> {
    Success(T),
    Failure(Failure<'de>),
}

/// What a function that failed says.
struct Failure<'de> {
    message: Cow<'de, str>,
    data: Option<&'de RawValue>,
}

impl Failure<'_> {
    fn error(self, context: CallContext<'_>) -> Error {
        if let Some(claim) = self.data.and_then(claim_refusal::refusal) {
            let call = context.call();
            return Error::Claim { call, claim };
        }
        if let Some(Older {
            found,
            wanted,
            takes,
        }) = context.older
            && text::needs_more(&self.message, context.path, takes)
        {
            return Error::SchemaOutdated {
                call: context.call(),
                found,
                minimum: wanted,
            };
        }
        let secrets = context.secrets();
        Error::Function {
            call: context.call(),
            message: secrets.shortened(&self.message, MESSAGE_LIMIT).into(),
            // Whatever is in it costs the data alone, not the message.
            data: self.data.map(|data| ErrorData::new(data.get(), secrets)),
        }
    }
}

fn parse<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    seed: S,
) -> serde_json::Result<Envelope<'de, S::Value>> {
    // Checked as a whole, which is faster than every string by itself.
    match str::from_utf8(bytes) {
        Ok(text) => envelope(serde_json::Deserializer::from_str(text), seed),
        // Says where it is not.
        Err(_) => envelope(serde_json::Deserializer::from_slice(bytes), seed),
    }
}

fn envelope<'de, R: serde_json::de::Read<'de>, S: DeserializeSeed<'de>>(
    mut answer: serde_json::Deserializer<R>,
    seed: S,
) -> serde_json::Result<Envelope<'de, S::Value>> {
    let envelope = serde::Deserializer::deserialize_map(&mut answer, EnvelopeVisitor(seed))?;
    answer.end()?;
    Ok(envelope)
}

/// Borrowed where it can be.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Status {
    Success,
    Error,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Member {
    Status,
    Value,
    ErrorMessage,
    ErrorData,
    #[serde(other)]
    Other,
}

struct EnvelopeVisitor<S>(S);

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for EnvelopeVisitor<S> {
    type Value = Envelope<'de, S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `status`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seed = Some(self.0);
        let (mut status, mut value, mut message, mut data) = (None, None, None, None);
        while let Some(member) = map.next_key()? {
            match member {
                Member::Status => status = Some(map.next_value()?),
                Member::Value if status != Some(Status::Error) => {
                    let seed = seed
                        .take()
                        .ok_or_else(|| A::Error::duplicate_field("value"))?;
                    value = Some(map.next_value_seed(seed)?);
                }
                Member::ErrorMessage => message = Some(map.next_value()?),
                Member::ErrorData => data = Some(map.next_value()?),
                Member::Value | Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match status {
            Some(Status::Success) => value
                .map(Envelope::Success)
                .ok_or_else(|| A::Error::missing_field("value")),
            Some(Status::Error) => message
                .map(|Text(message)| Envelope::Failure(Failure { message, data }))
                .ok_or_else(|| A::Error::missing_field("errorMessage")),
            None => Err(A::Error::missing_field("status")),
        }
    }
}

#[cfg(test)]
mod tests {
    use byod_schema::Value;

    use super::*;
    use crate::deployment::client::Client;
    use crate::error::EXPLANATION;
    use crate::error::Outcome;

    fn read_text(answer: &str) -> Result<String, Error> {
        let client = Client::new("https://host")?;
        let context = client.context(byod_schema::FunctionType::Query, "a:b");
        // Borrowed from the answer: nothing lies between it and the caller's type.
        read(answer.as_bytes(), PhantomData::<&str>, context).map(str::to_owned)
    }

    #[test]
    fn the_members_may_come_in_any_order() {
        for answer in [
            r#"{"status": "success", "value": "x", "logLines": ["a"]}"#,
            r#"{"logLines": [], "value": "x", "new": {"a": [1]}, "status": "success"}"#,
        ] {
            assert_eq!(read_text(answer).unwrap(), "x");
        }
        for answer in [
            r#"{"status": "error", "errorMessage": "no", "errorData": 1, "value": 5}"#,
            r#"{"errorData": 1, "errorMessage": "no", "logLines": [], "status": "error"}"#,
        ] {
            let error = read_text(answer).unwrap_err();
            assert!(error.to_string().ends_with("failed: no"), "{error}");
            assert_eq!(error.function_data::<u8>().unwrap().unwrap(), 1);
        }
    }

    #[test]
    fn error_data_that_is_null_is_not_absent() {
        let thrown = r#"{"status": "error", "errorMessage": "no", "errorData": null}"#;
        let error = read_text(thrown).unwrap_err();
        assert_eq!(
            error.function_data::<Value>().unwrap().unwrap(),
            Value::Null
        );
        let plain = read_text(r#"{"status": "error", "errorMessage": "no"}"#).unwrap_err();
        assert!(plain.function_data::<Value>().is_none());
    }

    #[test]
    fn an_error_without_readable_data_keeps_its_message() {
        let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
        for data in [r#"{"$set": 1}"#, &deep, r#"{"$integer": "x"}"#] {
            let answer =
                format!(r#"{{"status": "error", "errorMessage": "no", "errorData": {data}}}"#);
            let error = read_text(&answer).unwrap_err();
            assert!(error.to_string().ends_with("failed: no"), "{error}");
            let unreadable = error.function_data::<Value>().unwrap().unwrap_err();
            assert_eq!(
                unreadable.to_string(),
                "the error's data is not a Convex value"
            );
            assert_eq!(error.outcome(), Outcome::Executed);
        }
    }

    #[test]
    fn a_value_before_the_status_of_an_error_hides_nothing() {
        for value in ["5", "null", r#"{"$set": 1}"#] {
            let answer =
                format!(r#"{{"value": {value}, "status": "error", "errorMessage": "no"}}"#);
            let error = read_text(&answer).unwrap_err();
            assert!(error.to_string().ends_with("failed: no"), "{error}");
        }
    }

    #[test]
    fn no_text_of_an_error_is_long() {
        let long = "x".repeat(2_000_000);
        for answer in [
            format!(r#"{{"status": "success", "value": ["{long}"]}}"#),
            format!(r#"{{"status": "{long}", "value": 1}}"#),
            format!("\"{long}\""),
            long.clone(),
        ] {
            let error = read_text(&answer).unwrap_err().to_string();
            assert!(error.len() < 250 && !error.contains("xx"), "{error}");
        }
        let error = read_text(&format!(
            r#"{{"status": "error", "errorMessage": "{long}"}}"#
        ));
        let Err(Error::Function { message, .. }) = error else {
            panic!("{error:?}")
        };
        assert_eq!(message.chars().count(), MESSAGE_LIMIT + 1);
    }

    #[test]
    fn a_refusals_text_is_one_short_line() {
        let client = Client::new("https://host").unwrap();
        let context = client.context(byod_schema::FunctionType::Query, "a:b");
        let refusal = |body: &[u8]| refusal(body, context);
        let (code, message) = refusal(br#"{"code": "A", "message": "b\n c"}"#);
        assert_eq!((code.as_deref(), &*message), (Some("A"), "b c"));
        let (code, message) = refusal("<p>\u{1b}[1m\r\n x</p>\u{ff}".as_bytes());
        assert_eq!((code, &*message), (None, "<p> [1m x</p>ÿ"));
        assert_eq!(refusal(&[b'x'; 5000]).1.chars().count(), EXPLANATION + 1);
        assert_eq!(&*refusal(b"\xff").1, "\u{fffd}");
        let long = format!(r#"{{"code": "{}", "message": ""}}"#, "x\\n".repeat(500));
        let (code, _) = refusal(long.as_bytes());
        assert_eq!(code.unwrap().chars().count(), CODE_LIMIT + 1);
    }
}
