//! Reads the answers of a deployment: one pass over the bytes, the value straight
//! into the caller's type.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use byod_schema::Value;
use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::client::CallContext;
use crate::error::Error;

/// How much of a refusal's message is kept, in characters.
const MESSAGE_LIMIT: usize = 300;

/// Reads the answer of a function; `seed` reads its value.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    seed: S,
    context: CallContext<'_>,
) -> Result<S::Value, Error> {
    match parse(bytes, seed) {
        Ok(Envelope::Success(value)) => Ok(value),
        Ok(Envelope::Failure { message, data }) => Err(Error::Function {
            call: context.call(),
            message: message.into(),
            data: data.map(Box::new),
        }),
        Err(error) => {
            // Was it the value's type, or is this no answer at all?
            let executed = parse(bytes, PhantomData::<IgnoredAny>).is_ok();
            let what = if executed {
                "the value is not of the type asked for"
            } else {
                "the answer is not one of a Convex deployment"
            };
            Err(Error::Answer {
                call: context.call(),
                reason: format!("{what}: {error}").into(),
                executed,
            })
        }
    }
}

/// Reads the answer of a function whose value is a plain serde type.
pub(crate) fn read_value<T: DeserializeOwned>(
    bytes: &[u8],
    context: CallContext<'_>,
) -> Result<T, Error> {
    read(bytes, PhantomData::<T>, context)
}

/// Splits the answer of a batch into those of its `expected` queries, in order;
/// read each with [`read`].
pub(crate) fn read_batch<'de>(
    bytes: &'de [u8],
    expected: usize,
    context: CallContext<'_>,
) -> Result<Vec<&'de RawValue>, Error> {
    #[derive(Deserialize)]
    struct Batch<'a> {
        #[serde(borrow)]
        results: Vec<&'a RawValue>,
    }

    let not_understood = |reason: String| Error::Answer {
        call: context.call(),
        reason: reason.into(),
        executed: false,
    };
    let Batch { results } = serde_json::from_slice(bytes).map_err(|error| {
        not_understood(format!(
            "the answer is not one of a Convex deployment: {error}"
        ))
    })?;
    if results.len() != expected {
        return Err(not_understood(format!(
            "{} results for {expected} queries",
            results.len()
        )));
    }
    Ok(results)
}

/// The code and message of an answer that is not a function's.
pub(crate) fn refusal(body: &[u8]) -> (Option<Box<str>>, String) {
    #[derive(Deserialize)]
    struct Refusal<'a> {
        #[serde(borrow)]
        code: Cow<'a, str>,
        #[serde(borrow)]
        message: Cow<'a, str>,
    }

    match serde_json::from_slice(body) {
        Ok(Refusal { code, message }) => (Some(code.into()), shorten(&message)),
        // Whatever stands between here and the deployment wrote it.
        Err(_) => (None, shorten(&String::from_utf8_lossy(body))),
    }
}

/// On one line, and not too long for a log.
fn shorten(text: &str) -> String {
    let mut short = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    if let Some((end, _)) = short.char_indices().nth(MESSAGE_LIMIT) {
        short.truncate(end);
        short.push('…');
    }
    short
}

enum Envelope<T> {
    Success(T),
    Failure {
        message: String,
        data: Option<Value>,
    },
}

fn parse<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    seed: S,
) -> serde_json::Result<Envelope<S::Value>> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let envelope = serde::Deserializer::deserialize_map(&mut deserializer, EnvelopeVisitor(seed))?;
    deserializer.end()?;
    Ok(envelope)
}

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
    type Value = Envelope<S::Value>;

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
                .map(|message| Envelope::Failure { message, data })
                .ok_or_else(|| A::Error::missing_field("errorMessage")),
            None => Err(A::Error::missing_field("status")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;

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
    fn a_refusals_text_is_one_short_line() {
        let (code, message) = refusal(br#"{"code": "A", "message": "b\n c"}"#);
        assert_eq!((code.as_deref(), &*message), (Some("A"), "b c"));
        let (code, message) = refusal("<p>\u{1b}[1m\r\n x</p>\u{ff}".as_bytes());
        assert_eq!((code, &*message), (None, "<p> [1m x</p>ÿ"));
        assert_eq!(refusal(&[b'x'; 5000]).1.chars().count(), MESSAGE_LIMIT + 1);
        assert_eq!(refusal(b"\xff").1, "\u{fffd}");
    }
}
