//! Main's modules as text: what each top-level statement declares and uses, so
//! that a function can be taken over with just what it needs.

mod acts;
mod caller;
mod context;
mod database;
mod defined;
mod expressions;
mod facts;
mod handed;
mod held;
mod kept;
mod lookup;
mod loose;
mod module;
mod mounted;
mod moving;
mod nodes;
mod operations;
mod origin;
mod parse;
mod project;
mod public;
mod runs;
mod statements;
mod symbols;
mod syntax;
mod telling;
mod touching;
mod trace;
mod typed;
mod validators;
mod verdict;
mod wrapper;

pub(crate) use facts::{Access, Caller, DEFAULT, Facts, Hands, Keeper, Named};
pub(crate) use held::held_names;
pub(crate) use module::{Constructor, Definition, Imported, LoadKind, Module, Statement};
pub(crate) use mounted::Component;
pub(crate) use operations::{Operation, OperationOf, Use};
pub(crate) use origin::Origin;
pub(crate) use project::{Place, Sources, Target};
pub(crate) use public::{LOCK, packages_within, public, public_functions};
pub(crate) use verdict::{Plain, Telling, Wrapper};
