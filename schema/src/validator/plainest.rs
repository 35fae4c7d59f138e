use super::Validator;
use crate::value::Value;

impl Validator {
    /// The plainest value that passes: `false`, 0, nothing in it, the first of several. `None`
    /// where only the app can tell: of an id, and of what may be anything.
    pub fn plainest(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Boolean => Value::Boolean(false),
            Self::Number => Value::Float64(0.0),
            Self::Bigint => Value::Int64(0),
            Self::String => Value::String(String::new()),
            Self::Bytes => Value::Bytes(Vec::new()),
            Self::Literal { value } => value.clone(),
            Self::Array { .. } => Value::Array(Vec::new()),
            Self::Record { .. } => Value::from_iter::<[(&str, Value); 0]>([]),
            Self::Object { value } => {
                let required = value.iter().filter(|(_, field)| !field.optional);
                let fields: Option<Vec<_>> = required
                    .map(|(name, field)| Some((name, field.field_type.plainest()?)))
                    .collect();
                Value::from_iter(fields?)
            }
            Self::Union { value } if value.contains(&Self::Null) => Value::Null,
            Self::Union { value } => return value.iter().find_map(Self::plainest),
            Self::Any | Self::Id { .. } | Self::Other(_) => return None,
        })
    }
}
