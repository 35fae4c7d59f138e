//! Main's modules as text: what each top-level statement declares and uses, so
//! that a function can be taken over with just what it needs.

mod acts;
mod apart;
mod caller;
mod components;
mod context;
mod database;
mod defined;
mod expressions;
mod facts;
mod given_out;
mod handed;
mod held;
mod hoisted;
mod identity;
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
mod parts;
mod project;
mod public;
mod remaining;
mod rewritten;
mod rows;
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
mod written;

pub(crate) use components::Component;
pub(crate) use facts::{
    Access, Caller, DEFAULT, Decides, Facts, FunctionRef, Hands, Keeper, Named,
};
pub(crate) use held::held_names;
pub(crate) use module::{Constructor, Definition, Imported, LoadKind, Module, Statement};
pub(crate) use operations::{Operation, OperationOf, Use};
pub(crate) use origin::Origin;
pub(crate) use project::{MAIN_HEAD, Place, Sources, Target};
pub(crate) use public::{LOCK, packages_within, public, public_functions};
pub(crate) use verdict::{Plain, Telling, Wrapper};
pub(crate) use written::{Helped, Row, Scheduled, Writes, Written};
