//! Typed values: how Rust types are written to and read from a deployment.
//!
//! The generated code names, for every field, the validator that the schema
//! declares as a marker type of [`v`](crate::v) and uses the field's Rust type
//! through [`Field`]. So the compiler checks that a type can hold what the
//! deployment sends, aliases and newtypes included, and an answer is parsed
//! once, straight into the caller's types.
//!
//! What is public here and not at the crate's root is for the generated code.

mod arguments;
mod doc;
mod field;
mod function;
mod given;
mod id;
mod idempotency;
mod literals;
mod name;
mod object;
mod operation;
mod page;
mod scalar;
mod shape;
mod timestamp;
mod union;
pub mod validators;

pub use arguments::{Arguments, UntypedArguments};
pub use doc::{Doc, Id, Table};
pub use field::{Field, OptionalField};
pub use function::{FunctionInfo, Runs};
pub use given::{Given, LeftOut, RequiredArguments};
pub use id::DocumentId;
pub use literals::{Literals, Unknown};
pub use name::{Name, TableName};
pub use object::{Entries, Object, decode, decode_arguments, encode};
pub use operation::{Get, Operation, OptionalOperation, Put, Settle, optional, present, required};
pub use page::{Page, PageStatus};
pub use shape::{Shape, Tag, nearest, tag};
pub use timestamp::{Timestamp, TimestampError};
pub use union::{Union, UnknownValue, encode_tag, encode_tagged, member};

pub use byod_schema::Injection;
pub use serde::de::MapAccess;
pub use serde::ser::SerializeMap;
pub use serde::{Deserialize, Deserializer, Serialize, Serializer};
pub use serde_json::Value as Json;

pub(crate) use arguments::Body;
pub(crate) use field::Seed;
pub(crate) use idempotency::IdempotencyKey;
