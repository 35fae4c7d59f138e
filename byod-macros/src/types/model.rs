//! Which Rust type holds the values of a validator.

use std::collections::{HashMap, HashSet};

use byod_schema::{Fields, Location, Manifest, Validator, Value};
use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::Ident;

use super::documents::Documents;
use super::pages::page_items;
use crate::names::{self, Scope};

/// A Rust type, as far as the schema decides it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    String,
    Number,
    Int64,
    Boolean,
    Null,
    Bytes,
    /// Any value: `v.any()`.
    Any,
    /// The id of a document of that table.
    Id(String),
    Array(Box<Type>),
    Record(Box<Type>, Box<Type>),
    Nullable(Box<Type>),
    /// A generated struct: its index in [`Types::definitions`].
    Object(usize),
    /// A generated enum of string literals.
    OneOf(usize),
    /// A generated enum of values of different types.
    Union(usize),
    /// A whole document of the table itself.
    Document,
    /// A page of a paginated query.
    Page(Box<Type>),
}

/// A type in the table's module that the schema calls for.
pub(crate) struct Definition {
    /// What it is called where nothing else is: see [`Types::name`].
    wanted: String,
    /// What it holds, for its documentation.
    pub(crate) validator: Validator,
    /// From where its ids were seen.
    location: Location,
    pub(crate) body: Body,
}

impl Definition {
    pub(super) fn wanted(&self) -> &str {
        &self.wanted
    }
}

pub(crate) enum Body {
    Struct(Vec<Member>),
    Enum {
        variants: Vec<Variant>,
        /// The name of the variant for texts that the schema doesn't have.
        catch_all: String,
    },
    Union(Union),
}

/// The enum of a union, or of a table's documents of several kinds.
pub(crate) enum Union {
    Tagged(Tagged),
    Untagged(Untagged),
}

/// Objects that are told apart by a literal in one field.
pub(crate) struct Tagged {
    /// That field's name in Convex.
    pub(crate) tag: String,
    pub(crate) variants: Vec<TaggedVariant>,
    /// The name of the variant for all else.
    pub(crate) catch_all: String,
}

pub(crate) struct TaggedVariant {
    pub(crate) name: String,
    pub(crate) literal: Value,
    /// The struct of its other fields, if it has any.
    pub(crate) fields: Option<usize>,
}

/// Values that are told apart by trying, in this order.
pub(crate) struct Untagged {
    pub(crate) variants: Vec<UntaggedVariant>,
    pub(crate) catch_all: String,
}

pub(crate) struct UntaggedVariant {
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// The members of the union whose values it holds.
    pub(crate) validators: Vec<Validator>,
}

/// A field of a generated struct.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The field's name in Convex.
    pub(crate) key: String,
    pub(crate) ty: Type,
    pub(crate) optional: bool,
    /// As the schema declares it, for its documentation.
    pub(crate) declared: String,
}

pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The types of one table's module.
pub(crate) struct Types<'a> {
    manifest: &'a Manifest,
    pub(crate) documents: Documents<'a>,
    location: Location,
    pub(crate) definitions: Vec<Definition>,
    /// By the names that types of places would have, digests of what is there: whether or
    /// not it needs a type, or has another place's.
    asked: HashMap<String, HashSet<String>>,
    scope: Scope,
}

impl<'a> Types<'a> {
    pub(crate) fn new(manifest: &'a Manifest, document: &'a Validator, location: Location) -> Self {
        Self {
            manifest,
            documents: Documents::of(document),
            location,
            definitions: Vec::new(),
            asked: HashMap::new(),
            scope: Scope::default(),
        }
    }

    /// Types for a module of no table, whose documents are all objects like others.
    pub(crate) fn of_no_table(manifest: &'a Manifest) -> Self {
        Self {
            manifest,
            documents: Documents::Any,
            location: Location::Main,
            definitions: Vec::new(),
            asked: HashMap::new(),
            scope: Scope::default(),
        }
    }

    /// Whose ids are ids from now on: those of the other deployment are strings.
    pub(crate) fn look_from(&mut self, location: Location) {
        self.location = location;
    }

    /// Reserves a name in the module.
    pub(crate) fn take_name(&mut self, name: String) -> String {
        self.scope.take(name)
    }

    /// The name of a type, once all of the module are known. Where several would have one
    /// name, or something else has it, each says by a digest of its validator which it is:
    /// so another type makes a name disappear, but never mean another thing.
    pub(crate) fn name(&self, index: usize) -> String {
        let definition = &self.definitions[index];
        let wanted = &definition.wanted;
        let same = |other: &&Definition| names::ident(&other.wanted) == names::ident(wanted);
        let asked = self.asked.get(&names::ident(wanted).to_string());
        let is_of_one = asked.is_none_or(|asked| asked.len() == 1)
            && self.definitions.iter().filter(same).count() == 1;
        if is_of_one && !self.scope.has(wanted) {
            return wanted.clone();
        }
        let digest = names::digest((definition.location, &definition.validator));
        names::told_apart(wanted, &digest)
    }

    /// The name of what is no type of the schema, as of a function's arguments, where one of
    /// those may have it too.
    pub(crate) fn beside_types(&self, name: &Ident) -> Ident {
        match self
            .asked
            .get(&name.to_string())
            .is_some_and(|asked| asked.len() > 1)
        {
            true => names::ident(&names::told_apart(&name.to_string(), "arguments")),
            false => name.clone(),
        }
    }

    /// Reserves every name in tokens that stand in the module.
    pub(crate) fn reserve_names(&mut self, tokens: &impl ToTokens) {
        for token in tokens.to_token_stream() {
            match token {
                TokenTree::Ident(ident) => {
                    self.scope.take(ident.to_string());
                }
                TokenTree::Group(group) => self.reserve_names(&group.stream()),
                _ => {}
            }
        }
    }

    /// Whether ids of `table` mean something only on the other deployment. They
    /// are strings here: on main an id, on the user's deployment the subject.
    pub(crate) fn is_foreign(&self, table: &str) -> bool {
        self.manifest
            .location(table)
            .is_some_and(|location| location != self.location)
    }

    /// The type for `validator`; structs and enums that it needs are called `name`.
    pub(crate) fn of(&mut self, validator: &Validator, name: &str) -> Type {
        self.ask(validator, name);
        self.inside(validator, name)
    }

    /// Notes that what belongs to the arguments of the function at `place` would have that name.
    pub(crate) fn ask_for_arguments(&mut self, name: &str, place: &str) {
        let asked = self
            .asked
            .entry(names::ident(name).to_string())
            .or_default();
        asked.insert(format!("arguments of {place}"));
    }

    /// Notes that a place would have types of that name.
    pub(super) fn ask(&mut self, validator: &Validator, name: &str) {
        let from = self.has_ids(validator).then_some(self.location);
        let asked = self
            .asked
            .entry(names::ident(name).to_string())
            .or_default();
        asked.insert(names::digest((from, validator)));
    }

    /// The same for what is in a place whose name was asked for.
    pub(super) fn inside(&mut self, validator: &Validator, name: &str) -> Type {
        match validator {
            Validator::String => Type::String,
            Validator::Number => Type::Number,
            Validator::Bigint => Type::Int64,
            Validator::Boolean => Type::Boolean,
            Validator::Null => Type::Null,
            Validator::Bytes => Type::Bytes,
            Validator::Any | Validator::Other(_) => Type::Any,
            Validator::Id { table_name } if self.is_foreign(table_name) => Type::String,
            Validator::Id { table_name } => Type::Id(table_name.clone()),
            Validator::Array { value } => Type::Array(Box::new(self.inside(value, name))),
            Validator::Record { keys, values } => Type::Record(
                Box::new(match self.of(keys, &format!("{name}Key")) {
                    key @ (Type::Id(_) | Type::OneOf(_)) => key,
                    _ => Type::String,
                }),
                Box::new(self.inside(&values.field_type, name)),
            ),
            Validator::Object { .. } if self.documents.are(&[validator]) => Type::Document,
            Validator::Object { value } => match page_items(value) {
                Some(items) => Type::Page(Box::new(self.inside(items, name))),
                None => Type::Object(self.object(validator, value, name)),
            },
            Validator::Literal { value } => match value {
                Value::String(text) => Type::OneOf(self.one_of(validator, &[text], name)),
                Value::Boolean(_) => Type::Boolean,
                Value::Int64(_) => Type::Int64,
                _ => Type::Number,
            },
            Validator::Union { .. } => self.union(validator, name),
        }
    }

    pub(crate) fn object(&mut self, validator: &Validator, fields: &Fields, name: &str) -> usize {
        if let Some(index) = self.defined(validator) {
            return index;
        }
        let index = self.define(validator, name, Body::Struct(Vec::new()));
        let own_name = self.definitions[index].wanted.clone();
        let members = self.members(fields, &own_name);
        self.definitions[index].body = Body::Struct(members);
        index
    }

    pub(crate) fn one_of(&mut self, validator: &Validator, texts: &[&str], name: &str) -> usize {
        if let Some(index) = self.defined(validator) {
            return index;
        }
        let mut scope = Scope::default();
        let catch_all = scope.take("Unknown".to_owned());
        let mut seen = HashSet::new();
        let texts: Vec<&str> = texts
            .iter()
            .copied()
            .filter(|text| seen.insert(*text))
            .collect();
        let variants = scope
            .take_all(&texts, names::pascal)
            .into_iter()
            .zip(&texts)
            .map(|(name, text)| Variant {
                name,
                text: (*text).to_owned(),
            })
            .collect();
        self.define(
            validator,
            name,
            Body::Enum {
                variants,
                catch_all,
            },
        )
    }

    /// Equal validators in one module share one type, if their ids mean the same.
    pub(crate) fn defined(&self, validator: &Validator) -> Option<usize> {
        self.definitions.iter().position(|definition| {
            definition.validator == *validator
                && (definition.location == self.location || !self.has_ids(validator))
        })
    }

    /// Whether it holds ids of tables, which mean something on one deployment alone.
    fn has_ids(&self, validator: &Validator) -> bool {
        let mut has = false;
        validator.visit_ids(&mut |_, table| has |= self.manifest.location(table).is_some());
        has
    }

    pub(crate) fn define(&mut self, validator: &Validator, name: &str, body: Body) -> usize {
        self.definitions.push(Definition {
            wanted: name.to_owned(),
            validator: validator.clone(),
            location: self.location,
            body,
        });
        self.definitions.len() - 1
    }

    /// The fields of an object, sorted by their name in Convex; types that they
    /// need are called `prefix` and the field's name.
    pub(crate) fn members(&mut self, fields: &Fields, prefix: &str) -> Vec<Member> {
        let keys: Vec<&str> = fields.names().collect();
        let idents = Scope::default().take_all(&keys, names::snake);
        let mut members: Vec<Member> = fields
            .iter()
            .zip(idents)
            .map(|((key, field), name)| Member {
                name,
                key: key.to_owned(),
                // Whatever else has that name, so that it follows from the place alone.
                ty: self.of(
                    &field.field_type,
                    &format!("{prefix}{}", names::pascal(key)),
                ),
                optional: field.optional,
                declared: field.to_string(),
            })
            .collect();
        members.sort_by(|a, b| a.key.cmp(&b.key));
        members
    }

    /// How a user would write the type, beside the table's struct.
    pub(crate) fn display(&self, ty: &Type, module: &str) -> String {
        match ty {
            Type::String => "String".to_owned(),
            Type::Number => "f64".to_owned(),
            Type::Int64 => "i64".to_owned(),
            Type::Boolean => "bool".to_owned(),
            Type::Null => "()".to_owned(),
            Type::Bytes => "Vec<u8>".to_owned(),
            Type::Any => "Value".to_owned(),
            Type::Id(table) => format!("Id<{}>", names::pascal(table)),
            Type::Array(of) => format!("Vec<{}>", self.display(of, module)),
            Type::Record(keys, values) => format!(
                "BTreeMap<{}, {}>",
                self.display(keys, module),
                self.display(values, module)
            ),
            Type::Nullable(of) => format!("Option<{}>", self.display(of, module)),
            Type::Object(index) | Type::OneOf(index) | Type::Union(index) => {
                format!("{module}::{}", self.name(*index))
            }
            Type::Document => "Doc<Self>".to_owned(),
            Type::Page(of) => format!("Page<{}>", self.display(of, module)),
        }
    }
}
