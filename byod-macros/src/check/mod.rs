//! Checks what was written against the manifest, and gathers what is expanded.
//!
//! Every mistake of one struct is reported at once, each at the narrowest place.

mod fields;
mod functions;
mod table;

pub(crate) use fields::CheckedField;
pub(crate) use functions::{Arguments, ArgumentsStruct, Builder, Function, Returns, ValueType};
pub(crate) use table::{Body, Table, check};
