use std::fmt;
use std::sync::Arc;

use byod_schema::Value;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Serialize, Serializer, ser};

use crate::redact::Secrets;

/// The data of a `ConvexError`, as it came; read it as a type of your own, or as a
/// [`Value`].
///
/// Up to [`ErrorData::LIMIT`] bytes of JSON are kept, and parsed only when they are asked
/// for. The token or deploy key that the deployment was sent is taken out of what it
/// gives. Cheap to clone; prints its size alone.
///
/// ```
/// use byod_runtime::{ErrorData, Value};
///
/// // As a function throws it: `throw new ConvexError({ code: "taken" })`.
/// let data = ErrorData::try_from(&Value::from_iter([("code", "taken")]))?;
/// let read: serde_json::Value = data.read()?;
/// assert_eq!(read["code"], "taken");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct ErrorData(Arc<Data>);

enum Data {
    Kept {
        json: Box<str>,
        /// Those that were sent, and may stand in it.
        secrets: Secrets,
    },
    TooLong {
        bytes: usize,
    },
}

impl ErrorData {
    /// How much data of an error is kept, in bytes of its JSON. Of what is longer, only
    /// that it was there.
    pub const LIMIT: usize = 64 * 1024;

    pub(crate) fn new(json: &str, secrets: Secrets) -> Self {
        Self(Arc::new(match json.len() {
            bytes if bytes > Self::LIMIT => Data::TooLong { bytes },
            _ => Data::Kept {
                json: json.into(),
                secrets,
            },
        }))
    }

    /// The data as a `T`, which sees it in Convex's JSON encoding, as the values of
    /// [`Client`](crate::Client) are.
    ///
    /// Fails if it doesn't fit `T`, if it is no Convex value, and if there was more of
    /// it than is kept.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::to_value(self.value()?).and_then(serde_json::from_value)
    }

    /// The data as a [`Value`].
    ///
    /// Fails if it is none, and if there was more of it than is kept.
    pub fn value(&self) -> Result<Value, serde_json::Error> {
        let (json, secrets) = match &*self.0 {
            Data::Kept { json, secrets } => (json, secrets),
            Data::TooLong { bytes } => {
                return Err(serde_json::Error::custom(format_args!(
                    "the error's data has {bytes} bytes, and no more than {} are kept",
                    Self::LIMIT
                )));
            }
        };
        // What the parser would say may repeat what stands there.
        let value = serde_json::from_str(json);
        let mut value: Value = value
            .map_err(|_| serde_json::Error::custom("the error's data is not a Convex value"))?;
        secrets.redact_value(&mut value);
        Ok(value)
    }
}

/// As the value that it is; fails where [`ErrorData::value`] does.
impl Serialize for ErrorData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value().map_err(ser::Error::custom)?;
        value.serialize(serializer)
    }
}

/// For errors that tests make.
impl TryFrom<&Value> for ErrorData {
    type Error = serde_json::Error;

    /// Fails if it is nested too deep to be written.
    fn try_from(value: &Value) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(|json| Self::new(&json, Secrets::default()))
    }
}

impl fmt::Debug for ErrorData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = match &*self.0 {
            Data::Kept { json, .. } => json.len(),
            Data::TooLong { bytes } => *bytes,
        };
        write!(f, "ErrorData({bytes} bytes)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        Secrets::new(["prod:x|geheim", "geheim"])
    }

    #[test]
    fn a_secret_that_is_escaped_in_it_is_taken_out() {
        let secrets = secrets();
        let data = ErrorData::new(
            r#"{"k": ["is prod:x|gehei\u006d", {"gehe\u0069m": 1}]}"#,
            secrets,
        );
        let value = data.value().unwrap();
        assert_eq!(value.to_string(), r#"{k: ["is …", {…: 1}]}"#);
        let read: serde_json::Value = data.read().unwrap();
        assert_eq!(read, serde_json::json!({"k": ["is …", {"…": 1}]}));
        assert_eq!(format!("{data:?}"), "ErrorData(52 bytes)");
    }

    #[test]
    fn a_secret_in_bytes_is_taken_out() {
        // `a prod:x|geheim`, and what is no text beside one.
        for bytes in ["YSBwcm9kOnh8Z2VoZWlt", "//5wcm9kOnh8Z2VoZWlt"] {
            let data = ErrorData::new(&format!(r#"{{"k": {{"$bytes": "{bytes}"}}}}"#), secrets());
            let Value::Object(fields) = data.value().unwrap() else {
                panic!("no object")
            };
            let Some(Value::Bytes(kept)) = fields.get("k") else {
                panic!("no bytes")
            };
            let kept = String::from_utf8_lossy(kept);
            assert!(kept.ends_with('…') && !kept.contains("prod"), "{kept}");
        }
        let json = r#"{"k":{"$bytes":"//8="}}"#;
        let value = ErrorData::new(json, secrets()).value().unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
    }

    #[test]
    fn what_is_wrong_with_it_repeats_nothing() {
        let secrets = secrets();
        for json in [
            r#"{"$gehei\u006d": 1}"#,
            r#"{"$integer": "geheim"}"#,
            r#"{"a": 1, "$geheim": 1}"#,
        ] {
            let error = ErrorData::new(json, secrets.clone())
                .value()
                .unwrap_err()
                .to_string();
            assert_eq!(error, "the error's data is not a Convex value");
        }
        // Read as another type, it says what was found, which is redacted by then.
        let data = ErrorData::new(r#""gehei\u006d""#, secrets.clone());
        let error = data.read::<u8>().unwrap_err().to_string();
        assert!(!error.contains("geheim"), "{error}");
    }

    #[test]
    fn no_more_is_kept_than_is_said() {
        let text = |length| format!("\"{}\"", "x".repeat(length - 2));
        let kept = ErrorData::new(&text(ErrorData::LIMIT), Secrets::default());
        assert!(kept.value().is_ok());
        let long = ErrorData::new(&text(ErrorData::LIMIT + 1), Secrets::default());
        assert_eq!(
            long.value().unwrap_err().to_string(),
            "the error's data has 65537 bytes, and no more than 65536 are kept"
        );
        assert_eq!(format!("{long:?}"), "ErrorData(65537 bytes)");
    }
}
