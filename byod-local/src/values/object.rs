use std::collections::BTreeMap;
use std::convert::Infallible;

use byod_schema::{Members, Value};
use serde::Serialize;

use crate::error::FunctionError;

/// The named values of a document, or of a call's arguments.
///
/// ```
/// use byod_local::Object;
/// use serde_json::json;
///
/// let note = Object::from([("title", "Milk".into()), ("pinned", true.into())]);
/// assert_eq!(note.str("title"), Some("Milk"));
/// assert_eq!(note, Object::try_from(json!({"title": "Milk", "pinned": true}))?);
/// # Ok::<(), byod_local::FunctionError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Object(Members);

impl Object {
    /// The value of a field; `None` where it is absent, which is not null.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// The text of a field that holds a string.
    pub fn str(&self, field: &str) -> Option<&str> {
        match self.get(field) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The number in a field that holds a float64.
    pub fn number(&self, field: &str) -> Option<f64> {
        match self.get(field) {
            Some(Value::Float64(number)) => Some(*number),
            _ => None,
        }
    }

    /// The truth value of a field that holds a boolean.
    pub fn bool(&self, field: &str) -> Option<bool> {
        match self.get(field) {
            Some(Value::Boolean(value)) => Some(*value),
            _ => None,
        }
    }

    /// A document's `_id`.
    pub fn id(&self) -> Option<&str> {
        self.str("_id")
    }

    /// Sets a field, and gives what it held before.
    pub fn set(&mut self, field: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(field.into(), value.into())
    }

    /// Takes a field out.
    pub fn remove(&mut self, field: &str) -> Option<Value> {
        self.0.remove(field)
    }

    /// All fields in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value at a field path: `author.name`.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        // Names have no dots.
        if let Some(value) = self.get(path) {
            return Some(value);
        }
        let mut names = path.split('.');
        let mut value = self.get(names.next()?)?;
        for name in names {
            let Value::Object(fields) = value else {
                return None;
            };
            value = fields.get(name)?;
        }
        Some(value)
    }

    pub(crate) fn members(&self) -> &Members {
        &self.0
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<N: Into<String>> FromIterator<(N, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl<const N: usize> From<[(&str, Value); N]> for Object {
    fn from(fields: [(&str, Value); N]) -> Self {
        fields.into_iter().collect()
    }
}

impl From<BTreeMap<String, Value>> for Object {
    fn from(fields: BTreeMap<String, Value>) -> Self {
        Self(fields.into())
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}

impl TryFrom<Value> for Object {
    type Error = FunctionError;

    /// Fails where the value is not an object.
    fn try_from(value: Value) -> Result<Self, FunctionError> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            other => Err(FunctionError::new(format!(
                "expected an object, found {}",
                other.type_name()
            ))),
        }
    }
}

impl TryFrom<serde_json::Value> for Object {
    type Error = FunctionError;

    /// Reads `convex_encoded_json`; fails where it is not an object.
    fn try_from(json: serde_json::Value) -> Result<Self, FunctionError> {
        json.into_value()?.try_into()
    }
}

/// What a function may return: a [`Value`], an [`Object`] or several, JSON, and
/// the plain types.
///
/// ```
/// use byod_local::{IntoValue, Value};
///
/// assert_eq!("hers".into_value()?, Value::from("hers"));
/// assert!(serde_json::json!({"count": 1.0}).into_value().is_ok());
/// # Ok::<(), byod_local::FunctionError>(())
/// ```
pub trait IntoValue {
    /// The Convex value.
    ///
    /// Fails for JSON that is no `convex_encoded_json`.
    fn into_value(self) -> Result<Value, FunctionError>;
}

impl IntoValue for serde_json::Value {
    fn into_value(self) -> Result<Value, FunctionError> {
        serde_json::from_value(self)
            .map_err(|error| FunctionError::new(format!("not a Convex value: {error}")))
    }
}

impl IntoValue for () {
    fn into_value(self) -> Result<Value, FunctionError> {
        Ok(Value::Null)
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Result<Value, FunctionError> {
        self.map_or(Ok(Value::Null), T::into_value)
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Result<Value, FunctionError> {
        let values: Result<_, _> = self.into_iter().map(T::into_value).collect();
        values.map(Value::Array)
    }
}

macro_rules! into_value {
    ($($type:ty),* $(,)?) => {$(
        impl IntoValue for $type {
            fn into_value(self) -> Result<Value, FunctionError> {
                Ok(self.into())
            }
        }
    )*};
}

into_value!(Value, Object, bool, f64, i64, &str, String);

/// What can be given as a document or as arguments: an [`Object`], a [`Value`]
/// that is an object, or JSON.
///
/// ```
/// use byod_local::IntoObject;
/// use serde_json::json;
///
/// let note = json!({"title": "Hers"}).into_object()?;
/// assert_eq!(note.str("title"), Some("Hers"));
/// assert!(json!("Hers").into_object().is_err());
/// # Ok::<(), byod_local::FunctionError>(())
/// ```
pub trait IntoObject {
    /// The fields.
    ///
    /// Fails where it is not an object.
    fn into_object(self) -> Result<Object, FunctionError>;
}

impl<T: TryInto<Object>> IntoObject for T
where
    FunctionError: From<T::Error>,
{
    fn into_object(self) -> Result<Object, FunctionError> {
        Ok(self.try_into()?)
    }
}

impl From<Infallible> for FunctionError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_reaches_into_objects() {
        let object = Object::try_from(json!({"author": {"name": "Ada"}, "title": "x"})).unwrap();
        assert_eq!(object.at("author.name"), Some(&"Ada".into()));
        assert_eq!(object.at("title.name"), None);
        assert_eq!(object.at("author.age"), None);
    }

    #[test]
    fn only_an_object_is_one() {
        let error = Object::try_from(json!([1])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Uncaught Error: expected an object, found array"
        );
        let error = Object::try_from(json!({"a": {"$integer": "?"}})).unwrap_err();
        assert!(error.to_string().contains("not a Convex value"), "{error}");
    }
}
