//! The order of documents by fields, and then by creation.

use std::cmp::Ordering;

use byod_schema::Value;

use crate::values::Object;

/// What a document is ordered by: fields, which may be absent, and its id, as bytes whose order is that of the values.
/// One that others begin with counts as equal to them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Key(Vec<u8>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let common = self.0.len().min(other.0.len());
        self.0[..common].cmp(&other.0[..common])
    }
}

impl Key {
    pub(crate) fn of<'v>(values: impl IntoIterator<Item = Option<&'v Value>>) -> Self {
        let mut key = Self(Vec::with_capacity(64));
        for value in values {
            key.push(value);
        }
        key
    }

    /// The place of a document by creation.
    pub(crate) fn of_id(id: &str) -> Self {
        let mut key = Self(Vec::with_capacity(id.len() + 3));
        key.text(STRING, id.as_bytes());
        key
    }

    /// This, and then that.
    pub(crate) fn then(&self, other: &Self) -> Self {
        Self([&*self.0, &*other.0].concat())
    }

    /// None begins as another goes on, so that no value is mistaken for the beginning of one.
    fn push(&mut self, value: Option<&Value>) {
        let Some(value) = value else {
            return self.0.push(ABSENT);
        };
        match value {
            Value::Null => self.0.push(NULL),
            Value::Int64(value) => {
                self.0.push(INT64);
                let unsigned = value.cast_unsigned() ^ SIGN;
                self.0.extend(unsigned.to_be_bytes());
            }
            Value::Float64(value) => {
                self.0.push(FLOAT64);
                let bits = value.to_bits();
                let ordered = match bits & SIGN {
                    0 => bits | SIGN,
                    _ => !bits,
                };
                self.0.extend(ordered.to_be_bytes());
            }
            Value::Boolean(value) => self.0.extend([BOOLEAN, u8::from(*value)]),
            Value::String(value) => self.text(STRING, value.as_bytes()),
            Value::Bytes(value) => self.text(BYTES, value),
            Value::Array(values) => {
                self.0.push(ARRAY);
                for value in values {
                    self.push(Some(value));
                }
                self.0.push(END);
            }
            Value::Object(members) => {
                self.0.push(OBJECT);
                for (name, value) in members.iter() {
                    self.text(STRING, name.as_bytes());
                    self.push(Some(value));
                }
                self.0.push(END);
            }
        }
    }

    /// Ends with what is less than any byte that may follow in a longer one.
    fn text(&mut self, kind: u8, bytes: &[u8]) {
        self.0.push(kind);
        let mut parts = bytes.split(|byte| *byte == 0);
        self.0.extend(parts.next().unwrap_or_default());
        for part in parts {
            self.0.extend([0, 0xff]);
            self.0.extend(part);
        }
        self.0.extend([0, 0]);
    }
}

const SIGN: u64 = 1 << 63;

/// Behind the last of several: less than any of them.
const END: u8 = 0;

// In the order of the kinds.
const ABSENT: u8 = 1;
const NULL: u8 = 2;
const INT64: u8 = 3;
const FLOAT64: u8 = 4;
const BOOLEAN: u8 = 5;
const STRING: u8 = 6;
const BYTES: u8 = 7;
const ARRAY: u8 = 8;
const OBJECT: u8 = 9;

/// A document's place in the order by these fields. Ids are in the order of creation.
pub(crate) fn key(document: &Object, fields: &[String]) -> Key {
    Key::of(values(document, fields))
}

/// The values that a document is ordered by.
pub(super) fn values<'d>(
    document: &'d Object,
    fields: &'d [String],
) -> impl Iterator<Item = Option<&'d Value>> {
    let fields = fields.iter().map(String::as_str).chain(["_id"]);
    fields.map(|field| document.at(field))
}

#[cfg(test)]
mod tests {
    use byod_schema::Members;
    use proptest::prelude::*;

    use super::*;
    use crate::values::compare;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Int64),
            (-2i64..2).prop_map(Value::Int64),
            any::<f64>().prop_map(Value::Float64),
            prop_oneof![Just(0.0), Just(-0.0), Just(f64::NAN), Just(1.0)].prop_map(Value::Float64),
            any::<bool>().prop_map(Value::Boolean),
            "[\\x00-\\x02a]{0,4}".prop_map(Value::String),
            proptest::collection::vec(prop_oneof![0u8..2, Just(255)], 0..4).prop_map(Value::Bytes),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let named = ("[\\x00a]{0,2}", inner.clone());
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Value::Array),
                proptest::collection::vec(named, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect::<Members>())),
            ]
        })
    }

    fn values() -> impl Strategy<Value = Vec<Option<Value>>> {
        proptest::collection::vec(proptest::option::of(value()), 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

        /// Keys are in the order of their values, one by one; what others begin with is equal to them.
        #[test]
        fn the_order_of_bytes_is_that_of_values(one in values(), other in values()) {
            let of = |values: &[Option<Value>]| Key::of(values.iter().map(Option::as_ref));
            let mut pairs = one.iter().zip(&other);
            let expected = pairs
                .find_map(|(a, b)| Some(compare(a.as_ref(), b.as_ref())).filter(|order| order.is_ne()))
                .unwrap_or(Ordering::Equal);
            prop_assert_eq!(of(&one).cmp(&of(&other)), expected);
            prop_assert_eq!(of(&one).then(&of(&other)).cmp(&of(&one)), Ordering::Equal);
        }
    }

    #[test]
    fn a_place_by_creation_is_that_of_the_id() {
        let id = Value::from("0\0z");
        let keys = [Key::of([Some(&id)]), Key::of_id("0\0z")];
        assert_eq!(keys[0].0, keys[1].0);
    }
}
