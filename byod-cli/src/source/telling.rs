//! What is carried along where a function is judged, and what its parts come to.

use oxc_semantic::SymbolId;
use oxc_span::Span;

use super::nodes::Reader;
use super::verdict::Plain;

/// Parts of the code that a judged function has.
pub(super) struct Judge<'r, 'n, 'a> {
    pub(super) reader: &'r Reader<'n, 'a>,
    pub(super) context: Option<SymbolId>,
    /// What a builder is given: `definition`, as in `definition.role`.
    pub(super) definition: Option<SymbolId>,
    /// The same, taken apart: `{ role }`.
    pub(super) options: Vec<(SymbolId, String)>,
    pub(super) plain: Plain,
    /// The variables that are taken as what they are made of.
    pub(super) at_first: Vec<SymbolId>,
    /// How far names have been followed.
    pub(super) depth: usize,
    /// Where it first matters whether the caller has a mail address.
    pub(super) asks_for_mail: Option<Span>,
    /// It looks the caller up by something else than their mail address.
    pub(super) is_found_otherwise: bool,
}

pub(super) type Verdict = Result<(), Span>;

/// What is known of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// All that there is, or that there is nobody.
    Whole,
    /// Their identity, or nothing.
    Identity,
    /// Their mail address, which not everybody has who is signed in.
    Mail,
    /// A part, which may be anything.
    Part,
    /// Null.
    Nothing,
}

/// What a condition comes to where the caller is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    False,
    True,
}

impl<'r, 'n, 'a> Judge<'r, 'n, 'a> {
    pub(super) fn new(reader: &'r Reader<'n, 'a>) -> Self {
        Self {
            reader,
            context: None,
            definition: None,
            options: Vec::new(),
            plain: Plain::default(),
            at_first: Vec::new(),
            depth: 0,
            asks_for_mail: None,
            is_found_otherwise: false,
        }
    }

    /// What was found of all of it. That the caller has a mail address may be asked only
    /// where main finds them by it, and so knows nobody without.
    pub(super) fn judged(self, verdict: Verdict) -> Result<Plain, Span> {
        verdict?;
        let is_found_by_mail =
            !self.is_found_otherwise && self.plain.asks.is_empty() && !self.plain.tables.is_empty();
        match self.asks_for_mail {
            Some(span) if !is_found_by_mail => Err(span),
            _ => Ok(self.plain),
        }
    }
}
