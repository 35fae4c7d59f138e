//! What the programmer wrote: the attribute's arguments and the struct below it.

mod attribute;
mod item;

pub(crate) use attribute::Attribute;
pub(crate) use item::{Form, Input, WrittenField, is_own};
