//! Of which tables ids are, by what the schema and the validators say.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use byod_schema::{Field, Fields, FunctionPath, Project, Validator, Value};

use crate::source::{Module, Origin, Sources};

/// What says of which tables ids are in a function.
pub(crate) struct Ids<'a> {
    sources: &'a Sources,
    main: &'a Project,
    module: &'a Module,
    /// The function's arguments.
    args: Option<&'a Validator>,
    /// What a helper was given.
    given: Vec<Option<Validator>>,
    /// How many helpers are around it.
    depth: usize,
    /// How much of [`WORK`] is left, here and in all helpers.
    left: Rc<Cell<usize>>,
}

/// How far helpers are followed.
const DEPTH: usize = 8;

/// How many origins are looked at, and parts of validators copied, for one question. Helpers
/// that call helpers several times each would multiply it by as much at every step.
const WORK: usize = 20_000;

impl<'a> Ids<'a> {
    /// In a statement of the module: that of the function, or of a helper that was given
    /// this.
    pub(crate) fn new(
        sources: &'a Sources,
        main: &'a Project,
        module: &'a Module,
        function: Option<&FunctionPath>,
        given: Vec<Option<Validator>>,
    ) -> Self {
        let function = function.and_then(|path| main.functions.get(path));
        Self {
            sources,
            main,
            module,
            args: function.map(|function| &function.args),
            given,
            depth: 0,
            left: Rc::new(Cell::new(WORK)),
        }
    }

    /// The tables of which an id may be; `None` where that doesn't show. None of them
    /// where the text says that it may be anything.
    pub(crate) fn tables(&self, origin: &Origin) -> Option<BTreeSet<String>> {
        of_ids(self.value(origin)?)
    }

    /// As [`Ids::tables`], where what may be anything doesn't show either, nor what is of no
    /// table at all.
    pub(super) fn shown(&self, origin: &Origin) -> Option<BTreeSet<String>> {
        let value = self.value(origin)?;
        if is_any(&value) {
            return None;
        }
        of_ids(value).filter(|tables| !tables.is_empty())
    }

    /// The tables that a name may be of.
    pub(crate) fn named(&self, origin: &Origin) -> Option<BTreeSet<String>> {
        names(self.value(origin)?)
    }

    /// The tables whose document something may be; `None` where it doesn't show what it is.
    pub(crate) fn documents_of(&self, origin: &Origin) -> Option<BTreeSet<String>> {
        let value = self.value(origin)?;
        let mut found = BTreeSet::new();
        for member in members(value) {
            match member {
                Validator::Object { value } => found.extend(table_of(&value)),
                Validator::Any => return None,
                _ => {}
            }
        }
        Some(found)
    }

    /// The tables of which documents are in it, at whatever depth.
    pub(crate) fn documents_within(&self, origin: &Origin) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if let Some(value) = self.value(origin) {
            within(&value, &mut found);
        }
        found
    }

    /// What a value may be; `None` where that doesn't show, or takes too much to tell.
    pub(super) fn value(&self, origin: &Origin) -> Option<Validator> {
        self.left.set(WORK);
        self.known(origin)
    }

    fn known(&self, origin: &Origin) -> Option<Validator> {
        self.works(1)?;
        match origin {
            Origin::Unknown => None,
            Origin::Any => Some(Validator::Any),
            Origin::Each(all) if all.is_empty() => Some(Validator::Null),
            Origin::Nothing => Some(Validator::Null),
            Origin::Text(text) => Some(Validator::Literal {
                value: Value::String(text.clone()),
            }),
            Origin::Name(name) => self.stands_for(name),
            // `id as any`: a text may be anything then.
            Origin::Or(first, second) if **second == Origin::Any => match self.known(first) {
                Some(value) if !is_text(&value) => Some(value),
                _ => Some(Validator::Any),
            },
            Origin::Or(first, second) => self.known(first).or_else(|| self.known(second)),
            Origin::Run(path) => self.ran(path),
            Origin::IdOf(of) => one_of(names(self.known(of)?)?.iter().map(|table| id(table))),
            Origin::DocOf(of) => self.documents(of),
            Origin::QueryOf(of) => Some(array(self.documents(of)?)),
            Origin::Args => self.copy(self.args?),
            Origin::Parameter(number) => self.copy(self.given.get(*number)?.as_ref()?),
            Origin::Call(name, given) => self.called(name, given),
            Origin::Id(table) => Some(id(table)),
            Origin::Doc(table) => self.document(table),
            Origin::Query(table) => Some(array(self.document(table)?)),
            Origin::List(of) => Some(array(self.known(of)?)),
            Origin::Member(of, name) => {
                let all = members(self.known(of)?);
                part(all, |member| match member {
                    Validator::Object { value } => value.get(name).map(|f| f.field_type.clone()),
                    Validator::Any => Some(Validator::Any),
                    _ => None,
                })
            }
            Origin::Element(of) => {
                let all = members(self.known(of)?);
                part(all, |member| match member {
                    Validator::Array { value } => Some(*value),
                    Validator::Record { values, .. } => Some(values.field_type),
                    Validator::Any => Some(Validator::Any),
                    _ => None,
                })
            }
            Origin::Document(of) => {
                let all = members(self.known(of)?)
                    .into_iter()
                    .map(|member| match member {
                        Validator::Id { table_name } => self.document(&table_name),
                        Validator::Any => Some(Validator::Any),
                        _ => None,
                    });
                Some(Validator::Union {
                    value: all.collect::<Option<Vec<_>>>()?,
                })
            }
            Origin::Fields(fields) => {
                let known = fields.iter().filter_map(|(name, origin)| {
                    Some((name.as_str(), required(self.known(origin)?)))
                });
                Some(Validator::Object {
                    value: known.collect(),
                })
            }
            // One that isn't known may be of any table.
            Origin::Each(origins) => {
                let all: Option<Vec<Validator>> = origins.iter().map(|o| self.known(o)).collect();
                Some(Validator::Union { value: all? })
            }
        }
    }

    /// What a helper gives.
    fn called(&self, name: &str, given: &[Origin]) -> Option<Validator> {
        let (inside, returned) = self.returned(name, given)?;
        inside.known(returned)
    }

    /// Where what a helper of that name gives for these comes from, as it is inside of it.
    pub(crate) fn returned<'b>(
        &'b self,
        name: &str,
        given: &[Origin],
    ) -> Option<(Ids<'b>, &'b Origin)> {
        let (module, index) = match name.split_once('.') {
            Some((namespace, name)) => self.sources.member(self.module, namespace, name)?,
            None => self.sources.declared(self.module, name)?,
        };
        let returned = module.statements[index].returned.as_ref()?;
        let given = given.iter().map(|origin| self.known(origin)).collect();
        Some((self.within(module, None, given)?, returned))
    }

    /// What a name of another module stands for, as a value or as a type.
    fn stands_for(&self, name: &str) -> Option<Validator> {
        let (module, index) = self.sources.declared(self.module, name)?;
        let value = module.statements[index].value.as_ref()?;
        self.within(module, None, Vec::new())?.known(value)
    }

    /// What one of main's functions gives.
    fn ran(&self, path: &FunctionPath) -> Option<Validator> {
        let function = self.main.functions.get(path)?;
        if let Some(returns) = &function.returns
            && *returns != Validator::Any
        {
            return self.copy(returns);
        }
        let (module, index) = self.sources.function(path)?;
        let returned = module.statements[index]
            .definition
            .as_ref()?
            .returned
            .as_ref()?;
        self.within(module, Some(&function.args), Vec::new())?
            .known(returned)
    }

    /// The same, elsewhere.
    fn within<'b>(
        &'b self,
        module: &'b Module,
        args: Option<&'b Validator>,
        given: Vec<Option<Validator>>,
    ) -> Option<Ids<'b>> {
        (self.depth < DEPTH).then(|| Ids {
            sources: self.sources,
            main: self.main,
            module,
            args,
            given,
            depth: self.depth + 1,
            left: Rc::clone(&self.left),
        })
    }

    /// Takes so much of the work that may be done, while there is any left.
    fn works(&self, much: usize) -> Option<()> {
        let left = self.left.get().checked_sub(much);
        self.left.set(left.unwrap_or(0));
        left.map(drop)
    }

    fn copy(&self, validator: &Validator) -> Option<Validator> {
        self.works(size(validator))?;
        Some(validator.clone())
    }

    /// The documents of the tables that a name may be of.
    fn documents(&self, named: &Origin) -> Option<Validator> {
        let tables = names(self.known(named)?)?;
        let documents = tables.iter().map(|table| self.document(table));
        one_of(documents.collect::<Option<Vec<_>>>()?)
    }

    /// The documents of a table, with what each has.
    fn document(&self, table: &str) -> Option<Validator> {
        let declared = &self.main.schema.table(table)?.document_type;
        one_of(
            members(self.copy(declared)?)
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

/// A part of what a value may be: nothing of nothing, and unknown where none has it.
fn part(
    members: Vec<Validator>,
    of: impl FnMut(Validator) -> Option<Validator>,
) -> Option<Validator> {
    if members.is_empty() {
        return Some(Validator::Null);
    }
    one_of(members.into_iter().filter_map(of))
}

fn one_of(members: impl IntoIterator<Item = Validator>) -> Option<Validator> {
    let value: Vec<Validator> = members.into_iter().collect();
    (!value.is_empty()).then_some(Validator::Union { value })
}

/// How many parts a validator has.
fn size(validator: &Validator) -> usize {
    let within = match validator {
        Validator::Object { value } => value.iter().map(|(_, f)| size(&f.field_type)).sum(),
        Validator::Array { value } => size(value),
        Validator::Record { values, .. } => size(&values.field_type),
        Validator::Union { value } => value.iter().map(size).sum(),
        _ => 0,
    };
    1 + within
}

/// The tables of ids; `None` where something is none.
fn of_ids(value: Validator) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for member in members(value) {
        match member {
            Validator::Id { table_name } => {
                found.insert(table_name);
            }
            Validator::Any | Validator::Literal { .. } => {}
            _ => return None,
        }
    }
    Some(found)
}

/// Whether a value may be anything.
fn is_any(validator: &Validator) -> bool {
    match validator {
        Validator::Any => true,
        Validator::Union { value } => value.iter().any(is_any),
        _ => false,
    }
}

/// Whether a value may be a text that isn't known for an id.
fn is_text(validator: &Validator) -> bool {
    match validator {
        Validator::String => true,
        Validator::Union { value } => value.iter().any(is_text),
        _ => false,
    }
}

/// The texts that a name may be, where they are known.
fn names(value: Validator) -> Option<BTreeSet<String>> {
    texts(value).filter(|texts| !texts.is_empty())
}

/// The table of a document.
fn table_of(fields: &Fields) -> Option<String> {
    match &fields.get("_id")?.field_type {
        Validator::Id { table_name } => Some(table_name.clone()),
        _ => None,
    }
}

fn within(value: &Validator, found: &mut BTreeSet<String>) {
    match value {
        Validator::Object { value } => match table_of(value) {
            Some(table) => drop(found.insert(table)),
            None => value.iter().for_each(|(_, f)| within(&f.field_type, found)),
        },
        Validator::Array { value } => within(value, found),
        Validator::Union { value } => value.iter().for_each(|member| within(member, found)),
        _ => {}
    }
}

/// The texts that a value may be, if it is one.
fn texts(validator: Validator) -> Option<BTreeSet<String>> {
    let text = |member| match member {
        Validator::Literal {
            value: Value::String(text),
        } => Some(text),
        _ => None,
    };
    members(validator).into_iter().map(text).collect()
}

/// What a value may be, null apart.
fn members(validator: Validator) -> Vec<Validator> {
    match validator {
        Validator::Union { value } => value.into_iter().flat_map(members).collect(),
        Validator::Null => Vec::new(),
        other => vec![other],
    }
}
