//! What is found of a function or a builder: whether it does nothing but tell who
//! calls.

use std::collections::BTreeSet;

use oxc_span::Span;

use super::facts::Caller;

/// Whether a function does nothing but tell who calls.
#[derive(Clone, Debug)]
pub(crate) enum Telling {
    Plain(Plain),
    /// It does more, as this part of it shows: where that is in the module.
    More(Span),
}

/// A function that does nothing but tell who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain {
    /// Whom it asks in turn.
    pub(crate) asks: BTreeSet<Caller>,
    /// The tables in which it looks the caller up.
    pub(crate) tables: BTreeSet<String>,
    /// The options of a builder with which it would do more.
    pub(crate) options: BTreeSet<String>,
    /// It answers with a part of what is known of the caller, which may be anything.
    pub(crate) is_part: bool,
}

/// A builder of Convex functions, or something that may be one.
#[derive(Clone, Debug)]
pub(crate) enum Wrapper {
    /// It tells its functions who calls, and nothing else.
    Plain {
        /// The builder that it is made of.
        base: String,
        plain: Plain,
    },
    /// Its functions' databases set off triggers: the name of those.
    Triggers { base: String, triggers: String },
    /// It does more, as this part of it shows: where that is in the module.
    More(Span),
}
