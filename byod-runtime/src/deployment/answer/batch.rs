//! Reads the answers of batches: into those of their queries.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::function::not_convex;
use crate::deployment::context::CallContext;
use crate::deployment::values;
use crate::error::Error;

/// What a batch is called in errors: its functions, each once.
pub(crate) fn batched<'p>(paths: impl Iterator<Item = &'p str>) -> String {
    let mut functions: Vec<&str> = Vec::new();
    for path in paths {
        if !functions.contains(&path) {
            functions.push(path);
        }
    }
    functions.join(", ")
}

/// Splits the answer of a batch into those of its `expected` queries, in order;
/// read each with [`read`](super::read).
pub(crate) fn read_batch<'de>(
    bytes: &'de [u8],
    expected: usize,
    context: CallContext<'_>,
) -> Result<Vec<&'de RawValue>, Error> {
    let mut answer = serde_json::Deserializer::from_slice(bytes);
    let results = serde::Deserializer::deserialize_map(&mut answer, Batch { expected })
        .and_then(|results| answer.end().map(|()| results));
    let Results { results, more } = results.map_err(|error| not_convex(&error, context))?;
    let found = results.len() + more;
    if found != expected {
        return Err(Error::Answer {
            call: context.call(),
            reason: format!("{found} results for {expected} queries").into(),
            executed: false,
        });
    }
    // Counted last, for what is wrong with it says more.
    if values::more_than(context.values, bytes) {
        return Err(Error::TooManyValues {
            call: context.call(),
            limit: context.values,
        });
    }
    Ok(results)
}

/// Reads the answer to a batch, or only its results, of which so many are kept.
struct Batch {
    expected: usize,
}

struct Results<'de> {
    results: Vec<&'de RawValue>,
    /// How many there are beyond those expected.
    more: usize,
}

impl<'de> Visitor<'de> for Batch {
    type Value = Results<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `results`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Results<'de>, A::Error> {
        #[derive(Deserialize)]
        #[serde(field_identifier, rename_all = "camelCase")]
        enum Member {
            Results,
            #[serde(other)]
            Other,
        }

        let mut results = None;
        while let Some(member) = map.next_key()? {
            match member {
                Member::Results if results.is_some() => {
                    return Err(A::Error::duplicate_field("results"));
                }
                Member::Results => {
                    let expected = self.expected;
                    results = Some(map.next_value_seed(Batch { expected })?);
                }
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        results.ok_or_else(|| A::Error::missing_field("results"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Results<'de>, A::Error> {
        let (mut results, mut more) = (Vec::new(), 0);
        while results.len() < self.expected {
            match seq.next_element()? {
                Some(result) => results.push(result),
                None => return Ok(Results { results, more }),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            more += 1;
        }
        Ok(Results { results, more })
    }
}

impl<'de> DeserializeSeed<'de> for Batch {
    type Value = Results<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(
        self,
        results: D,
    ) -> Result<Results<'de>, D::Error> {
        results.deserialize_seq(self)
    }
}
