//! Where a value comes from, as far as the text shows.

use std::collections::BTreeMap;

use byod_schema::FunctionPath;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    Unknown,
    /// The text says that it may be anything.
    Any,
    /// Null, a number, a text that is put together: no id, and no table's name.
    Nothing,
    /// A text, as it is written.
    Text(String),
    /// What a name of the module stands for, as a value or as a type.
    Name(String),
    /// The arguments of the Convex function.
    Args,
    /// A parameter of the helper, by its place.
    Parameter(usize),
    /// What a function of that name gives for these; `module.name` of one that is imported
    /// with all of its module.
    Call(String, Vec<Origin>),
    /// An id of the table.
    Id(String),
    /// An id of a table that this names.
    IdOf(Box<Origin>),
    /// A document of the table, or the query of them.
    Doc(String),
    Query(String),
    /// The same, of tables that this names.
    DocOf(Box<Origin>),
    QueryOf(Box<Origin>),
    List(Box<Origin>),
    Member(Box<Origin>, String),
    Element(Box<Origin>),
    /// The document with that id.
    Document(Box<Origin>),
    Fields(BTreeMap<String, Origin>),
    /// One of these.
    Each(Vec<Origin>),
    /// The first, or the second where the first doesn't show.
    Or(Box<Origin>, Box<Origin>),
    /// What another function of the project gives.
    Run(FunctionPath),
}

impl Origin {
    /// An element of a list.
    pub(super) fn element(self) -> Self {
        match self {
            Self::List(of) => *of,
            other => Self::Element(Box::new(other)),
        }
    }

    /// Whether a part of it isn't known.
    pub(super) fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Each(all) => all.iter().any(Self::is_unknown),
            Self::List(of) | Self::IdOf(of) | Self::DocOf(of) | Self::QueryOf(of) => {
                of.is_unknown()
            }
            Self::Or(first, second) => first.is_unknown() && second.is_unknown(),
            _ => false,
        }
    }

    /// This, or where it doesn't show, the other.
    pub(super) fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Unknown => other(),
            this if this.is_unknown() || this.has_name() => match other() {
                Self::Unknown => this,
                other => Self::Or(Box::new(this), Box::new(other)),
            },
            this => this,
        }
    }

    /// Whether a part of it is to be looked up by its name.
    fn has_name(&self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Each(all) => all.iter().any(Self::has_name),
            Self::List(of) | Self::IdOf(of) | Self::DocOf(of) | Self::QueryOf(of) => of.has_name(),
            Self::Member(of, _) | Self::Element(of) => of.has_name(),
            _ => false,
        }
    }

    /// Whether it may be an id or a table's name.
    pub(crate) fn is_id(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// Whether it depends on what a helper is given.
    pub(crate) fn has_parameter(&self) -> bool {
        match self {
            Self::Parameter(_) => true,
            Self::Each(all) | Self::Call(_, all) => all.iter().any(Self::has_parameter),
            Self::Fields(fields) => fields.values().any(Self::has_parameter),
            Self::List(of)
            | Self::IdOf(of)
            | Self::DocOf(of)
            | Self::QueryOf(of)
            | Self::Member(of, _)
            | Self::Element(of)
            | Self::Document(of) => of.has_parameter(),
            Self::Or(first, second) => first.has_parameter() || second.has_parameter(),
            _ => false,
        }
    }
}

/// How far an origin is followed.
pub(super) const DEPTH: usize = 32;

/// How many steps are taken for all that a node or a statement asks for: what is made of
/// the same again and again has more parts than there is memory.
pub(super) const STEPS: usize = 20_000;
