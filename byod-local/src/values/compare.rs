//! The order of Convex values: absent, null, int64, float64, boolean, string,
//! bytes, array, object; within a kind by value.

use std::cmp::Ordering;

use byod_schema::Value;

pub(crate) fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => compare_values(a, b),
    }
}

fn compare_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Int64(a), Value::Int64(b)) => a.cmp(b),
        (Value::Float64(a), Value::Float64(b)) => a.total_cmp(b),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => first_difference(
            a.iter().zip(b).map(|(a, b)| compare_values(a, b)),
            a.len().cmp(&b.len()),
        ),
        (Value::Object(a), Value::Object(b)) => first_difference(
            a.iter()
                .zip(b)
                .map(|((n, a), (m, b))| n.cmp(m).then_with(|| compare_values(a, b))),
            a.len().cmp(&b.len()),
        ),
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

fn first_difference(mut items: impl Iterator<Item = Ordering>, lengths: Ordering) -> Ordering {
    items.find(|order| order.is_ne()).unwrap_or(lengths)
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Int64(_) => 1,
        Value::Float64(_) => 2,
        Value::Boolean(_) => 3,
        Value::String(_) => 4,
        Value::Bytes(_) => 5,
        Value::Array(_) => 6,
        Value::Object(_) => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_and_values_are_ordered_as_in_convex() {
        let ascending = [
            json!(null),
            json!({"$integer": "//////////8="}),
            json!({"$integer": "AQAAAAAAAAA="}),
            json!(-1),
            json!({"$float": "AAAAAAAAAIA="}),
            json!(0),
            json!({"$float": "AAAAAAAA+H8="}),
            json!(false),
            json!(true),
            json!("a"),
            json!("b"),
            json!({"$bytes": "AA=="}),
            json!([1]),
            json!([1, 0]),
            json!([2]),
            json!({"a": 1}),
            json!({"a": 2}),
            json!({"b": 0}),
        ];
        let values: Vec<Value> = ascending
            .into_iter()
            .map(|json| serde_json::from_value(json).unwrap())
            .collect();
        for pair in values.windows(2) {
            assert_eq!(compare(Some(&pair[0]), Some(&pair[1])), Ordering::Less);
            assert_eq!(compare(Some(&pair[1]), Some(&pair[0])), Ordering::Greater);
        }
        assert_eq!(compare(None, Some(&Value::Null)), Ordering::Less);
    }
}
