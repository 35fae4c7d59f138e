#![doc = include_str!("../README.md")]
//!
//! # What functions do
//! `list`, `get`, `create`, `update` and `remove` of a table's module work by
//! themselves where the project declares them:
//!
//! - Arguments that are fields of the table filter a list, where an absent field
//!   counts as `false`, and fill a document, where null takes an optional field
//!   away. `limit` takes the first, `paginationOpts` gives Convex's pagination
//!   result. A list is in the order of the table's first index that begins with
//!   the owner, the greatest first; without such an index, the newest first.
//! - A field `userId` (or whatever the subject is injected as) is the document's
//!   owner, on main where it is required, on a user's deployment always: the argument of that name, or else the caller, as the id of
//!   the document that has the identity's subject or token identifier in a string
//!   field, or as the subject where the field is a string. Nobody else sees the
//!   document; who tries to change it gets a `ConvexError` whose data is
//!   `{code: "not_found", message: "No such document"}`.
//! - Required `createdAt` and `updatedAt` are stamped where they are not given.
//! - A mutation of a user's deployment that takes an idempotency key runs once per
//!   key and owner within 24 hours, also where it is a closure; the table
//!   `byodIdempotency` holds the keys.
//!
//! - A user's deployment belongs to the user who claimed it, as `byod export` writes
//!   it: the table `byodOwner` says whose it is, and a function that takes the owner
//!   refuses everybody else, with a `ConvexError` whose data has the code `byod_claim`.
//!
//! Every other function is a closure, see [`Local::function`]. A main deployment
//! also serves `byod/credentials`, a user's `functions:ping` and `byod/claim`; and both, where
//! users' data moves (`[user.move]` of `byod.toml`), what `byod export` writes for that.
//!
//! # Pushes
//! With the feature `push` a deployment takes pushes, as `npx convex deploy` makes them:
//! `/api/deploy2/start_push`, `wait_for_schema`, `finish_push`. The bundle's modules are run to
//! find what they declare; the documents that are there must match the new schema, else
//! nothing changes. From then on the deployment has the pushed tables and functions, which do
//! what is said above; closures stay where the project still declares their functions.
//! [`LocalDeployment::pushes`] says what came, [`LocalDeployment::fail_pushes`] lets pushes
//! fail, and [`Local::without_project`] begins with nothing.
//!
//! # What differs from Convex
//! - The project's own TypeScript does not run. What a handler does beyond the
//!   above, such as values of its own in a new document, bounds of `limit`, checks
//!   of other documents that the arguments name, or removing what belongs to a
//!   removed document, takes a closure.
//! - Error messages have no request id and no stack trace.
//! - A document can only go into a table of the schema.
//! - An id of another deployment is never valid, also where tables have the same name.
//! - A push has no components; modules that can't be read whole are refused, and so is a push
//!   that is finished before its indexes are built.
//! - An action runs like a mutation: it uses the tables itself, and its writes
//!   take effect together.
//! - A wrong deploy key is answered with 403 `BadDeployKey`.
//! - In the table `byodIdempotency`, `args` are the arguments, not their SHA-256.
//! - Sizes of documents, of results and of arguments are not limited, but a body
//!   of more than 20 MiB is refused. There are no scheduled functions, HTTP
//!   actions, file storage or search.

mod auth;
mod builtin;
mod deployment;
mod error;
mod functions;
#[cfg(feature = "push")]
mod push;
mod random;
mod serving;
mod store;
#[cfg(test)]
mod testing;
mod values;

pub use auth::{AuthKind, Identity};
pub use byod_schema::{Manifest, Moves, Value};
pub use deployment::{Local, LocalDeployment, read_manifest};
pub use error::{FunctionError, StartError};
pub use functions::Ctx;
#[cfg(feature = "push")]
pub use push::{PushFault, PushOutcome, PushRecord};
pub use serving::RequestRecord;
pub use store::Query;
pub use values::{IntoObject, IntoValue, Object};

/// The manifest of the crate that uses it, which its build script wrote:
/// `Result<Manifest, StartError>`.
#[macro_export]
macro_rules! manifest {
    () => {
        $crate::read_manifest(::core::include_str!(::core::env!("BYOD_MANIFEST")))
    };
}
