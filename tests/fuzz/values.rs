//! For every value, what is written is read as the same.

use std::collections::BTreeMap;

use byod_schema::Value;
use proptest::prelude::*;

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<u64>().prop_map(|bits| Value::Float64(f64::from_bits(bits))),
        prop_oneof![
            Just(f64::NAN),
            Just(-0.0),
            Just(f64::INFINITY),
            Just(9_007_199_254_740_993.0),
            Just(1e21),
            Just(5e-324),
        ]
        .prop_map(Value::Float64),
        any::<i64>().prop_map(Value::Int64),
        any::<String>().prop_map(Value::String),
        any::<Vec<u8>>().prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(8, 64, 6, |inner| {
        let fields = proptest::collection::btree_map("[ -#%-~][ -~]{0,8}", inner.clone(), 0..6);
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Value::Array),
            fields.prop_map(Value::from),
        ]
    })
}

/// Equal, where NaN is what its bits are.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Float64(one), Value::Float64(other)) => one.to_bits() == other.to_bits(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same_field =
                |((name, one), (other_name, other)): ((&String, &Value), (&String, &Value))| {
                    name == other_name && same(one, other)
                };
            one.len() == other.len() && one.iter().zip(other).all(same_field)
        }
        _ => one == other,
    }
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(value in values()) {
        let json = serde_json::to_string(&value).unwrap();
        let read: Value = serde_json::from_str(&json).unwrap();
        prop_assert!(same(&read, &value), "{json}");
        // Neither the way through serde_json's own tree nor spaces change it.
        let tree = serde_json::to_value(&value).unwrap();
        let read: Value = serde_json::from_value(tree.clone()).unwrap();
        prop_assert!(same(&read, &value), "{tree}");
        let read: Value = serde_json::from_str(&serde_json::to_string_pretty(&value).unwrap()).unwrap();
        prop_assert!(same(&read, &value), "{json}");
    }

    #[test]
    fn a_field_that_begins_with_a_dollar_is_refused(name in "\\$[a-z]{0,8}", other in "[a-z]{1,4}") {
        let fields = BTreeMap::from([(name, Value::Null), (other, Value::Null)]);
        let json = serde_json::to_string(&Value::from(fields)).unwrap();
        prop_assert!(serde_json::from_str::<Value>(&json).is_err(), "{json}");
    }
}
