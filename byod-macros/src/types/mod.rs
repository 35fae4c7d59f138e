//! The types of a table's module in Rust, made of the schema's validators.

mod documents;
#[cfg(test)]
mod meanings;
mod model;
mod pages;
mod union_to_enum;

pub(crate) use documents::{Documents, common_fields};
pub(crate) use model::{
    Body, Definition, Member, Tagged, TaggedVariant, Type, Types, Union, Untagged, UntaggedVariant,
    Variant,
};
pub(crate) use pages::{other_arguments, takes_pages, written_items};
