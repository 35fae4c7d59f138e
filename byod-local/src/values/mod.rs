//! Values as functions see them: objects, their order, and how messages show them.

mod compare;
mod display;
mod object;

pub(crate) use compare::compare;
pub(crate) use display::{Literal, Shown};
pub use object::{IntoObject, IntoValue, Object};
