//! Checks what was written against the manifest, and gathers what is expanded.
//!
//! Every mistake of one struct is reported at once, each at the narrowest place.

mod errors;
mod fields;
mod functions;
mod mismatch;
mod module;
mod rust_names;
mod table;

pub(crate) use errors::unknown_table;
pub(crate) use fields::CheckedField;
pub(crate) use functions::{Arguments, ArgumentsStruct, Builder, Function, Returns, ValueType};
pub(crate) use module::{Module, check_module};
pub(crate) use rust_names::ModuleNames;
pub(crate) use table::{Body, Table, check};
