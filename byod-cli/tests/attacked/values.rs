//! Values by their validators, chosen by a seed.

use byod_schema::{Field, Fields, Validator, Value as Literal};
use serde_json::{Map, Value, json};

/// Numbers by a seed (splitmix64), the same on every machine.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())].clone()
    }
}

/// What values are made of.
pub(crate) struct Pool<'a> {
    /// Texts, other than ids.
    pub(crate) texts: Vec<String>,
    /// Values for `v.any()`.
    pub(crate) anything: Vec<Value>,
    /// Ids of a table; empty where there are none.
    pub(crate) ids: &'a dyn Fn(&str) -> Vec<String>,
    /// How long a vector is.
    pub(crate) dimensions: usize,
    /// Whether what is optional is always there.
    pub(crate) whole: bool,
}

/// An object; `None` where there is no value for what it requires.
pub(crate) fn object(fields: &Fields, pool: &Pool, dice: &mut Dice) -> Option<Map<String, Value>> {
    let mut made = Map::new();
    for (name, field) in fields.iter() {
        let is_left_out = field.optional && !is_vector(field) && !pool.whole && dice.roll(3) == 0;
        if is_left_out {
            continue;
        }
        match value(name, &field.field_type, pool, dice) {
            Some(value) => {
                made.insert(name.to_owned(), value);
            }
            None if field.optional => {}
            None => return None,
        }
    }
    Some(made)
}

fn is_vector(field: &Field) -> bool {
    matches!(&field.field_type, Validator::Array { value } if **value == Validator::Number)
}

fn value(name: &str, validator: &Validator, pool: &Pool, dice: &mut Dice) -> Option<Value> {
    Some(match validator {
        Validator::Any | Validator::Other(_) => dice.pick(&pool.anything),
        Validator::Null => Value::Null,
        Validator::Boolean => json!(dice.roll(2) == 0),
        Validator::Number if name == "limit" || name == "n" || name == "numItems" => {
            json!(dice.roll(9) + 1)
        }
        Validator::Number => json!(dice.roll(9)),
        Validator::Bigint => json!({"$integer": "AQAAAAAAAAA="}),
        Validator::Bytes => json!({"$bytes": "AQ=="}),
        Validator::String => json!(dice.pick(&pool.texts)),
        Validator::Id { table_name } => {
            let ids = (pool.ids)(table_name);
            if ids.is_empty() {
                return None;
            }
            json!(dice.pick(&ids))
        }
        Validator::Literal { value } => match value {
            Literal::String(text) => json!(text),
            Literal::Boolean(is) => json!(is),
            Literal::Float64(number) => json!(number),
            _ => return None,
        },
        Validator::Array { value: of } if **of == Validator::Number => {
            let first = dice.roll(9) as f64 / 10.0;
            let mut vector = vec![0.1; pool.dimensions];
            vector[0] = first;
            json!(vector)
        }
        Validator::Array { value: of } => {
            let many = 0..=dice.roll(2);
            json!(
                many.filter_map(|_| value(name, of, pool, dice))
                    .collect::<Vec<_>>()
            )
        }
        Validator::Record { .. } => json!({}),
        Validator::Object { value } => Value::Object(object(value, pool, dice)?),
        Validator::Union { value: members } => {
            let first = dice.roll(members.len());
            let turned = (0..members.len()).map(|i| &members[(first + i) % members.len()]);
            let mut made = turned.filter_map(|member| value(name, member, pool, dice));
            made.next()?
        }
    })
}
