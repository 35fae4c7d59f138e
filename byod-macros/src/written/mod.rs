//! What the programmer wrote: the attribute's arguments and the struct below it, or which
//! of main's modules.

mod attribute;
mod chosen;
mod item;
mod module;

pub(crate) use attribute::Attribute;
pub(crate) use chosen::Chosen;
pub(crate) use item::{Form, Input, WrittenField, is_own};
pub(crate) use module::ModuleInput;
