//! Of which tables ids are, by what the schema and the validators say.

use std::collections::BTreeSet;

use byod_schema::{Field, Fields, Schema, Validator};

use super::known::Carrier;
use crate::source::{Module, Origin};

/// What says of which tables ids are in a function.
pub(super) struct Ids<'a> {
    pub(super) carrier: &'a Carrier<'a>,
    /// Main's.
    pub(super) schema: &'a Schema,
    pub(super) module: &'a Module,
    /// The function's arguments.
    pub(super) args: Option<&'a Validator>,
    /// What a helper was given.
    pub(super) given: Vec<Option<Validator>>,
    /// How many helpers are around it.
    pub(super) depth: usize,
}

/// How far helpers are followed.
const DEPTH: usize = 6;

impl Ids<'_> {
    /// The tables of which an id may be; `None` where that doesn't show. None of them
    /// where the text says that it may be anything.
    pub(super) fn tables(&self, origin: &Origin) -> Option<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        for member in members(self.value(origin)?) {
            match member {
                Validator::Id { table_name } => {
                    found.insert(table_name);
                }
                Validator::Any => {}
                _ => return None,
            }
        }
        Some(found)
    }

    fn value(&self, origin: &Origin) -> Option<Validator> {
        match origin {
            Origin::Unknown => None,
            Origin::Any => Some(Validator::Any),
            Origin::Nothing => Some(Validator::Null),
            Origin::Args => self.args.cloned(),
            Origin::Parameter(number) => self.given.get(*number)?.clone(),
            Origin::Call(name, given) => self.called(name, given),
            Origin::Id(table) => Some(id(table)),
            Origin::Doc(table) => self.document(table),
            Origin::Query(table) => Some(array(self.document(table)?)),
            Origin::List(of) => Some(array(self.value(of)?)),
            Origin::Member(of, name) => one_of(members(self.value(of)?).into_iter().filter_map(
                |member| match member {
                    Validator::Object { value } => value.get(name).map(|f| f.field_type.clone()),
                    Validator::Any => Some(Validator::Any),
                    _ => None,
                },
            )),
            Origin::Element(of) => one_of(members(self.value(of)?).into_iter().filter_map(
                |member| match member {
                    Validator::Array { value } => Some(*value),
                    Validator::Record { values, .. } => Some(values.field_type),
                    Validator::Any => Some(Validator::Any),
                    _ => None,
                },
            )),
            Origin::Document(of) => one_of(
                members(self.value(of)?)
                    .into_iter()
                    .map(|member| match member {
                        Validator::Id { table_name } => self.document(&table_name),
                        Validator::Any => Some(Validator::Any),
                        _ => None,
                    })
                    .collect::<Option<Vec<_>>>()?,
            ),
            Origin::Fields(fields) => {
                let known = fields.iter().filter_map(|(name, origin)| {
                    Some((name.as_str(), required(self.value(origin)?)))
                });
                Some(Validator::Object {
                    value: known.collect(),
                })
            }
            // One that isn't known may be of any table.
            Origin::Each(origins) => {
                let all: Option<Vec<Validator>> = origins.iter().map(|o| self.value(o)).collect();
                Some(Validator::Union { value: all? })
            }
        }
    }

    /// What a helper gives.
    fn called(&self, name: &str, given: &[Origin]) -> Option<Validator> {
        let (module, index) = self.carrier.declared(self.module, name)?;
        let returned = module.statements[index].returned.as_ref()?;
        if self.depth == DEPTH {
            return None;
        }
        let there = Ids {
            carrier: self.carrier,
            schema: self.schema,
            module,
            args: None,
            given: given.iter().map(|origin| self.value(origin)).collect(),
            depth: self.depth + 1,
        };
        there.value(returned)
    }

    /// The documents of a table, with what each has.
    fn document(&self, table: &str) -> Option<Validator> {
        let declared = &self.schema.table(table)?.document_type;
        one_of(
            members(declared.clone())
                .into_iter()
                .map(|member| match member {
                    Validator::Object { value } => {
                        let own = [("_id", required(id(table)))];
                        let fields: Fields = own
                            .into_iter()
                            .chain(value.iter().map(|(name, field)| (name, field.clone())))
                            .collect();
                        Validator::Object { value: fields }
                    }
                    other => other,
                }),
        )
    }
}

fn id(table: &str) -> Validator {
    Validator::Id {
        table_name: table.to_owned(),
    }
}

fn array(of: Validator) -> Validator {
    Validator::Array {
        value: Box::new(of),
    }
}

fn required(field_type: Validator) -> Field {
    Field {
        field_type,
        optional: false,
    }
}

fn one_of(members: impl IntoIterator<Item = Validator>) -> Option<Validator> {
    let value: Vec<Validator> = members.into_iter().collect();
    (!value.is_empty()).then_some(Validator::Union { value })
}

/// What a value may be, null apart.
fn members(validator: Validator) -> Vec<Validator> {
    match validator {
        Validator::Union { value } => value.into_iter().flat_map(members).collect(),
        Validator::Null => Vec::new(),
        other => vec![other],
    }
}
