use byod_schema::integer_from_base64;
use serde_json::Value as Json;

/// A validator as a constant of the generated code, to tell the members of a
/// union apart exactly as Convex does.
pub enum Shape {
    /// Any value.
    Any,
    /// `null`
    Null,
    /// A boolean.
    Boolean,
    /// A float64.
    Number,
    /// An int64.
    Int64,
    /// A string.
    String,
    /// Bytes.
    Bytes,
    /// A string that looks like an id; of which table doesn't show.
    Id,
    /// That boolean.
    BooleanLiteral(bool),
    /// That float64.
    NumberLiteral(f64),
    /// That int64.
    Int64Literal(i64),
    /// That string.
    Text(&'static str),
    /// Elements that all match.
    Array(&'static Shape),
    /// Keys and values that all match.
    Record(&'static Shape, &'static Shape),
    /// These fields and no others; those with `true` may be absent.
    Object(&'static [(&'static str, bool, Shape)]),
    /// What any of them matches.
    Union(&'static [Shape]),
}

/// Which of the members of a union a value is of: the first whose validator takes
/// it, as for Convex. A newer deployment's value, which has fields that none of
/// them declares, is of the one that knows most of it.
pub fn nearest(value: &Json, members: &[Shape]) -> Option<usize> {
    let members = members.iter().enumerate();
    let readable = members.filter_map(|(at, shape)| Some((shape.beyond(value)?, at)));
    readable.min().map(|(_, at)| at)
}

impl Shape {
    /// How many values there are in fields that the validator doesn't declare: none
    /// where it takes the value. `None` where it doesn't take the rest either.
    fn beyond(&self, value: &Json) -> Option<usize> {
        let takes = match self {
            Self::Any => true,
            Self::Null => value.is_null(),
            Self::Boolean => value.is_boolean(),
            Self::Number => value.is_number() || special(value, "$float").is_some(),
            Self::Int64 => special(value, "$integer").is_some(),
            Self::String => value.is_string(),
            Self::Bytes => special(value, "$bytes").is_some(),
            Self::Id => value.as_str().is_some_and(looks_like_id),
            Self::BooleanLiteral(literal) => value.as_bool() == Some(*literal),
            Self::NumberLiteral(literal) => value.as_f64() == Some(*literal),
            Self::Int64Literal(literal) => int64(value) == Some(*literal),
            Self::Text(literal) => value.as_str() == Some(literal),
            Self::Array(of) => return value.as_array()?.iter().map(|it| of.beyond(it)).sum(),
            Self::Record(keys, values) => {
                let is_key = |key: &str| !key.starts_with('$') && keys.matches_key(key);
                let mut members = value.as_object()?.iter();
                return members.try_fold(0, |sum, (key, value)| {
                    Some(sum + is_key(key).then(|| values.beyond(value))??)
                });
            }
            Self::Object(fields) => return beyond_fields(value.as_object()?, fields),
            Self::Union(members) => {
                return members
                    .iter()
                    .filter_map(|member| member.beyond(value))
                    .min();
            }
        };
        takes.then_some(0)
    }

    fn matches_key(&self, key: &str) -> bool {
        match self {
            Self::Any | Self::String => true,
            Self::Id => looks_like_id(key),
            Self::Text(literal) => *literal == key,
            Self::Union(members) => members.iter().any(|member| member.matches_key(key)),
            _ => false,
        }
    }
}

fn beyond_fields(
    members: &serde_json::Map<String, Json>,
    fields: &[(&str, bool, Shape)],
) -> Option<usize> {
    let mut absent = fields
        .iter()
        .filter(|(name, ..)| !members.contains_key(*name));
    if absent.any(|(_, optional, _)| !optional) {
        return None;
    }
    let mut beyond = 0;
    for (key, value) in members {
        beyond += match fields.iter().find(|(name, ..)| name == key) {
            Some((.., shape)) => shape.beyond(value)?,
            // How a value is encoded that JSON has no literal for: this is no object.
            None if key.starts_with('$') => return None,
            None => count(value),
        };
    }
    Some(beyond)
}

/// How many values these are: it, and those in it.
fn count(value: &Json) -> usize {
    1 + match value {
        Json::Array(elements) => elements.iter().map(count).sum(),
        Json::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// What tells the members of a union apart: the literal in one of their fields.
pub enum Tag<'a> {
    /// A string.
    Text(&'a str),
    /// A float64.
    Number(f64),
    /// An int64.
    Int64(i64),
    /// A boolean.
    Boolean(bool),
    /// Something else, or nothing.
    Other,
}

/// The literal in that field of an object.
pub fn tag<'a>(value: &'a Json, field: &str) -> Tag<'a> {
    match value.get(field) {
        Some(Json::String(text)) => Tag::Text(text),
        Some(Json::Bool(value)) => Tag::Boolean(*value),
        Some(Json::Number(number)) => number.as_f64().map_or(Tag::Other, Tag::Number),
        Some(other) => int64(other).map_or(Tag::Other, Tag::Int64),
        None => Tag::Other,
    }
}

/// The text of `{"$integer": text}` and its like.
fn special<'a>(value: &'a Json, key: &str) -> Option<&'a str> {
    match value.as_object() {
        Some(members) if members.len() == 1 => members.get(key)?.as_str(),
        _ => None,
    }
}

fn int64(value: &Json) -> Option<i64> {
    integer_from_base64(special(value, "$integer")?).ok()
}

/// Ids are 31 to 37 characters of Crockford's base 32, in lower case.
fn looks_like_id(text: &str) -> bool {
    (31..=37).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shape_takes_what_the_validator_takes() {
        let id = "k57d8r2v6b1jw3a9q0m4n5p7s8tz2c3e";
        let int64 = json!({"$integer": "BwAAAAAAAAA="});
        for (shape, yes, no) in [
            (Shape::Number, json!(1), int64.clone()),
            (Shape::Number, json!({"$float": "AAAAAAAA8H8="}), json!("1")),
            (Shape::NumberLiteral(1.0), json!(1), json!(2)),
            (Shape::Int64Literal(7), int64.clone(), json!(7)),
            (Shape::BooleanLiteral(false), json!(false), json!(true)),
            (Shape::Text("a"), json!("a"), json!("b")),
            (Shape::Id, json!(id), json!("system")),
            (Shape::Array(&Shape::Null), json!([null]), json!([1])),
            (
                Shape::Record(&Shape::Text("a"), &Shape::Any),
                json!({"a": 1}),
                json!({"b": 1}),
            ),
            (
                Shape::Record(&Shape::String, &Shape::Any),
                json!({}),
                int64.clone(),
            ),
            (
                Shape::Object(&[("a", false, Shape::String), ("b", true, Shape::Boolean)]),
                json!({"a": ""}),
                json!({"a": "", "c": 1}),
            ),
            (
                Shape::Union(&[Shape::Null, Shape::Bytes]),
                json!({"$bytes": ""}),
                json!(""),
            ),
        ] {
            assert_eq!(shape.beyond(&yes), Some(0), "{yes}");
            assert_ne!(shape.beyond(&no), Some(0), "{no}");
        }
        let missing = Shape::Object(&[("a", false, Shape::String)]);
        assert_eq!(missing.beyond(&json!({})), None);
    }

    #[test]
    fn a_newer_value_is_of_the_member_that_knows_most_of_it() {
        const MEMBERS: &[Shape] = &[
            Shape::Object(&[("a", true, Shape::String)]),
            Shape::Object(&[("b", false, Shape::Object(&[("c", false, Shape::Number)]))]),
            Shape::Array(&Shape::Object(&[])),
        ];
        for (value, member) in [
            (json!({}), Some(0)),
            (json!({"new": 1}), Some(0)),
            (json!({"b": {"c": 1}, "new": true}), Some(1)),
            (json!({"b": {"c": 1, "new": {"d": [1, 2]}}}), Some(1)),
            // As much is known of it as either; the first is Convex's choice.
            (json!({"b": 1}), Some(0)),
            (json!([{}, {"new": 1}]), Some(2)),
            (json!([{"$integer": "BwAAAAAAAAA="}]), None),
            (json!({"$integer": "BwAAAAAAAAA="}), None),
            (json!("text"), None),
        ] {
            assert_eq!(nearest(&value, MEMBERS), member, "{value}");
        }
    }
}
