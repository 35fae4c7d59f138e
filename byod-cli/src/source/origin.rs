//! Where a value comes from, as far as the text shows.

use std::collections::BTreeMap;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    Unknown,
    /// The text says that it may be anything.
    Any,
    /// Null, a number, a text: no id.
    Nothing,
    /// The arguments of the Convex function.
    Args,
    /// A parameter of the helper, by its place.
    Parameter(usize),
    /// What a function of that name gives for these.
    Call(String, Vec<Origin>),
    /// An id of the table.
    Id(String),
    /// A document of the table, or the query of them.
    Doc(String),
    Query(String),
    List(Box<Origin>),
    Member(Box<Origin>, String),
    Element(Box<Origin>),
    /// The document with that id.
    Document(Box<Origin>),
    Fields(BTreeMap<String, Origin>),
    /// One of these.
    Each(Vec<Origin>),
}

impl Origin {
    /// Whether a part of it isn't known.
    pub(super) fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Each(all) => all.iter().any(Self::is_unknown),
            Self::List(of) => of.is_unknown(),
            _ => false,
        }
    }
}

/// How far an origin is followed.
pub(super) const DEPTH: usize = 16;
