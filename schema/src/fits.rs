//! Whether the values of one validator can go where another one stands.

use std::collections::HashSet;

use crate::manifest::{Location, Manifest};
use crate::validator::{Fields, Validator};
use crate::value::Value;

/// Which way values go between main's side and the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// The user's deployment sends them, and the type made from main's validator
    /// reads them: a field that it doesn't know is ignored, and an id of a main
    /// table is a string.
    Read,
    /// The caller gives them as main's validator says, and the user's function
    /// takes them: no field that it doesn't know. An id of a main table arrives
    /// as a string.
    Take,
}

impl Manifest {
    /// Whether every value of `given` can be read or taken where `wanted` is.
    pub(crate) fn fits(&self, flow: Flow, given: &Validator, wanted: &Validator) -> bool {
        // A literal goes where it stands itself, and is looked up there: a union may have
        // thousands.
        let (literals, others): (Vec<_>, Vec<_>) = members(wanted)
            .into_iter()
            .partition(|wanted| literal(wanted).is_some());
        let literals: HashSet<Literal> = literals.into_iter().filter_map(literal).collect();
        members(given).into_iter().all(|given| {
            literal(given).is_some_and(|given| literals.contains(&given))
                || others
                    .iter()
                    .any(|wanted| self.member_fits(flow, given, wanted))
        })
    }

    pub(crate) fn is_on_main(&self, table: &str) -> bool {
        self.location(table) == Some(Location::Main)
    }

    /// As [`Self::fits`], neither of the two being a union.
    fn member_fits(&self, flow: Flow, given: &Validator, wanted: &Validator) -> bool {
        use Validator::{Any, Array, Bigint, Boolean, Id, Literal, Number, Object, Record, String};
        match (given, wanted) {
            (_, Any) => true,
            (Id { .. }, String) => true,
            (String, Id { table_name }) => flow == Flow::Read && self.is_on_main(table_name),
            (Literal { value }, Boolean) => matches!(value, Value::Boolean(_)),
            (Literal { value }, Number) => matches!(value, Value::Float64(_)),
            (Literal { value }, Bigint) => matches!(value, Value::Int64(_)),
            (Literal { value }, String) => matches!(value, Value::String(_)),
            (Array { value: given }, Array { value: wanted }) => self.fits(flow, given, wanted),
            (
                Record { keys, values },
                Record {
                    keys: wanted_keys,
                    values: wanted_values,
                },
            ) => {
                self.fits(flow, keys, wanted_keys)
                    && self.fits(flow, &values.field_type, &wanted_values.field_type)
            }
            (Object { value: given }, Object { value: wanted }) => {
                self.object_fits(flow, given, wanted)
            }
            _ => given == wanted,
        }
    }

    fn object_fits(&self, flow: Flow, given: &Fields, wanted: &Fields) -> bool {
        let all_known = || given.names().all(|name| wanted.get(name).is_some());
        wanted.iter().all(|(name, wanted)| match given.get(name) {
            None => wanted.optional,
            Some(given) => {
                (wanted.optional || !given.optional)
                    && self.fits(flow, &given.field_type, &wanted.field_type)
            }
        }) && (flow == Flow::Read || all_known())
    }
}

/// What a value may be: the members of a union, those of unions in it too.
fn members(validator: &Validator) -> Vec<&Validator> {
    match validator {
        Validator::Union { value } => value.iter().flat_map(members).collect(),
        other => vec![other],
    }
}

/// The literals that unions have many of.
#[derive(PartialEq, Eq, Hash)]
enum Literal<'a> {
    String(&'a str),
    Int64(i64),
}

fn literal(validator: &Validator) -> Option<Literal<'_>> {
    match validator {
        Validator::Literal { value } => match value {
            Value::String(text) => Some(Literal::String(text)),
            Value::Int64(number) => Some(Literal::Int64(*number)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validator::Field;
    use proptest::prelude::*;

    /// `users` on main, `notes` on the user's deployment.
    fn manifest() -> Manifest {
        serde_json::from_value(serde_json::json!({
            "format": 1, "user": null, "userTables": ["notes"], "inject": {},
            "main": {"convex": "convex", "functions": {}, "warnings": [], "schema": {
                "schemaValidation": true, "tables": [
                    {"tableName": "users", "documentType": {"type": "any"}},
                    {"tableName": "notes", "documentType": {"type": "any"}}]}}
        }))
        .unwrap()
    }

    fn id(table: &str) -> Validator {
        Validator::Id {
            table_name: table.to_owned(),
        }
    }

    fn union(members: &[Validator]) -> Validator {
        Validator::Union {
            value: members.to_vec(),
        }
    }

    fn literal(value: impl Into<Value>) -> Validator {
        Validator::Literal {
            value: value.into(),
        }
    }

    fn array(value: Validator) -> Validator {
        Validator::Array {
            value: Box::new(value),
        }
    }

    fn record(keys: Validator, values: Validator) -> Validator {
        Validator::Record {
            keys: Box::new(keys),
            values: Box::new(Field::required(values)),
        }
    }

    fn object(fields: &[(&str, Field)]) -> Validator {
        Validator::Object {
            value: fields.iter().cloned().collect(),
        }
    }

    fn reads(user: &Validator, main: &Validator) -> bool {
        manifest().fits(Flow::Read, user, main)
    }

    fn takes(user: &Validator, main: &Validator) -> bool {
        manifest().fits(Flow::Take, main, user)
    }

    #[test]
    fn an_id_of_main_is_a_string_on_the_users_side() {
        assert!(reads(&Validator::String, &id("users")));
        assert!(reads(
            &Validator::String,
            &union(&[id("users"), Validator::String])
        ));
        assert!(!reads(&Validator::String, &id("notes")));
        assert!(takes(&Validator::String, &id("users")));
        assert!(takes(&Validator::Any, &array(id("users"))));
        assert!(!takes(&Validator::Number, &id("users")));
        assert!(takes(&Validator::String, &id("notes")));
        assert!(takes(&Validator::Any, &id("notes")));
    }

    #[test]
    fn each_member_that_comes_needs_a_place_not_each_place_a_member() {
        let (a, b) = (literal("a"), literal("b"));
        let both = union(&[a.clone(), b]);
        assert!(reads(&a, &both));
        assert!(!reads(&both, &a));
        assert!(takes(&both, &a));
        assert!(!takes(&a, &both));
        assert!(reads(&a, &Validator::String));
        assert!(!reads(&Validator::String, &a));
        assert!(!reads(&literal(1.0), &Validator::String));
        assert!(!reads(&a, &Validator::Number));
    }

    #[test]
    fn records_need_equal_keys_and_values() {
        let names = record(Validator::String, Validator::Number);
        let notes = record(id("notes"), Validator::Number);
        assert!(!reads(&names, &notes));
        assert!(!takes(&notes, &names));
        assert!(!reads(
            &names,
            &record(Validator::String, Validator::String)
        ));
        assert!(reads(&names, &record(id("users"), Validator::Number)));
    }

    #[test]
    fn an_object_is_read_without_what_is_new_but_not_taken() {
        let text = || Field::required(Validator::String);
        let maybe = || Field::optional(Validator::String);
        let plain = object(&[("a", text())]);
        let more = object(&[("a", text()), ("b", maybe())]);
        assert!(reads(&more, &plain));
        assert!(reads(&plain, &more));
        assert!(takes(&more, &plain));
        assert!(!takes(&plain, &more));
        assert!(!takes(&object(&[("a", text()), ("b", text())]), &plain));
        assert!(!reads(&object(&[("a", maybe())]), &plain));
        assert!(reads(&plain, &object(&[("a", maybe())])));
        assert!(!reads(&object(&[]), &plain));
    }

    fn validators() -> impl Strategy<Value = Validator> {
        let leaf = prop_oneof![
            Just(Validator::Any),
            Just(Validator::Null),
            Just(Validator::Boolean),
            Just(Validator::Number),
            Just(Validator::Bigint),
            Just(Validator::String),
            Just(Validator::Bytes),
            Just(id("users")),
            Just(id("notes")),
            "[ab]".prop_map(literal),
            any::<bool>().prop_map(literal),
            (0..2i64).prop_map(literal),
        ];
        leaf.prop_recursive(3, 24, 3, |inner| {
            let fields = prop::collection::btree_map("[abc]", (inner.clone(), any::<bool>()), 0..3);
            prop_oneof![
                inner.clone().prop_map(array),
                inner.clone().prop_map(|v| record(Validator::String, v)),
                prop::collection::vec(inner, 0..4).prop_map(|v| union(&v)),
                fields.prop_map(|fields| Validator::Object {
                    value: fields
                        .into_iter()
                        .map(|(name, (field_type, optional))| {
                            (
                                name,
                                Field {
                                    field_type,
                                    optional,
                                },
                            )
                        })
                        .collect(),
                }),
            ]
        })
    }

    /// The same validator in more words: every part of it in a union of its own,
    /// twice, and one level deeper.
    fn wordier(validator: &Validator) -> Validator {
        let field = |field: &Field| Field {
            field_type: wordier(&field.field_type),
            optional: field.optional,
        };
        let same = match validator {
            Validator::Array { value } => array(wordier(value)),
            Validator::Record { keys, values } => Validator::Record {
                keys: Box::new(wordier(keys)),
                values: Box::new(field(values)),
            },
            Validator::Object { value } => Validator::Object {
                value: value.iter().map(|(name, f)| (name, field(f))).collect(),
            },
            Validator::Union { value } => Validator::Union {
                value: value.iter().rev().map(wordier).collect(),
            },
            other => other.clone(),
        };
        union(&[same.clone(), union(&[same])])
    }

    const FLOWS: [Flow; 2] = [Flow::Read, Flow::Take];

    proptest! {
        #[test]
        fn every_validator_fits_itself(v in validators()) {
            for flow in FLOWS {
                assert!(manifest().fits(flow, &v, &v), "{flow:?}: {v}");
            }
        }

        #[test]
        fn how_a_union_is_written_changes_nothing(a in validators(), b in validators()) {
            for flow in FLOWS {
                let fits = manifest().fits(flow, &a, &b);
                assert_eq!(manifest().fits(flow, &wordier(&a), &b), fits, "{flow:?}: {a}, {b}");
                assert_eq!(manifest().fits(flow, &a, &wordier(&b)), fits, "{flow:?}: {a}, {b}");
            }
        }

        #[test]
        fn the_same_in_more_words_fits_both_ways(v in validators()) {
            for flow in FLOWS {
                assert!(manifest().fits(flow, &v, &wordier(&v)), "{flow:?}: {v}");
                assert!(manifest().fits(flow, &wordier(&v), &v), "{flow:?}: {v}");
            }
        }

        /// What is taken fits also where more is allowed.
        #[test]
        fn what_is_taken_can_be_read(given in validators(), wanted in validators()) {
            if manifest().fits(Flow::Take, &given, &wanted) {
                assert!(manifest().fits(Flow::Read, &given, &wanted), "{given}, {wanted}");
            }
        }
    }
}
