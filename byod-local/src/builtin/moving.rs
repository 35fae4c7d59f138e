//! `byod/moving` and main's `byod/moves`, by which a user's data moves from main to their own deployment and back: as
//! `byod export` writes them, without files, of which there are none here.

mod again;
mod arguments;
mod arriving;
mod digest;
mod giving;
mod known;
mod references;
mod state;
mod survey;
mod taking;

use std::sync::Arc;

use byod_schema::{
    Function, FunctionPath, FunctionType, MOVED_TABLE, Validator, Value, Visibility, moved_table,
};

pub(crate) use state::{resealed, with_move};

use crate::error::FunctionError;
use crate::functions::claim::Claims;
use crate::functions::{Body, Ctx, Entry, Moving, Project};
use crate::values::Object;

/// What needs to know which tables move.
type Part = fn(&Moving, &mut Ctx<'_>, Object) -> Result<Value, FunctionError>;

/// The argument that says whose documents it is about.
const SUBJECT: &str = "subject";

/// The functions; adds their tables to the project where it has none. Where claims are kept, they refuse everybody but the
/// user whose deployment it is.
pub(crate) fn functions(project: &mut Project, claims: Claims) -> Vec<Entry> {
    let Some(moving) = project.moving.clone() else {
        return Vec::new();
    };
    let is_shared = moving.is_shared || claims == Claims::Shared;
    let moving = match moving.is_users && !is_shared {
        true => moving.of_one_user(),
        false => moving,
    };
    let schema = &mut project.schema;
    let mut tables = vec![(MOVED_TABLE, moved_table())];
    let mut entries = Vec::new();
    if !moving.is_users {
        tables.push((state::TABLE, state::table()));
        let states = state::functions().into_iter();
        entries.extend(states.map(|(name, kind, body)| ("byod/moves", name, kind, body)));
    }
    for (name, table) in tables {
        if schema.table(name).is_none() {
            schema.tables.push(table);
        }
    }
    use FunctionType::{Action, Mutation, Query};
    let plan: Value = moving.plan().into();
    let with = |part: Part| -> Body {
        let moving = moving.clone();
        Arc::new(move |ctx, args| part(&moving, ctx, args))
    };
    let functions: [(&str, FunctionType, Body); 19] = [
        ("plan", Query, Arc::new(move |_, _| Ok(plan.clone()))),
        ("page", Query, with(giving::page)),
        ("children", Query, with(giving::children)),
        ("documents", Query, with(giving::documents)),
        ("survey", Query, with(survey::survey)),
        ("remove", Mutation, with(giving::remove)),
        ("list", Mutation, with(taking::list)),
        ("prune", Mutation, with(taking::prune)),
        ("next", Query, Arc::new(taking::next)),
        ("write", Mutation, with(taking::write)),
        ("keep", Mutation, with(taking::keep)),
        ("verify", Query, with(taking::verify)),
        ("brought", Query, Arc::new(again::brought)),
        ("adopt", Mutation, with(again::adopt)),
        ("again", Mutation, Arc::new(taking::again)),
        ("clear", Mutation, with(taking::clear)),
        ("forget", Mutation, Arc::new(taking::forget)),
        ("files", Query, Arc::new(taking::files)),
        ("fetched", Action, Arc::new(taking::fetched)),
    ];
    let functions = functions.into_iter();
    entries.extend(functions.map(|(name, kind, body)| ("byod/moving", name, kind, body)));
    let entry = |(module, name, function_type, body): (&str, &str, _, Body)| {
        let path = FunctionPath::new(module, name);
        let declared = project.functions.get(&path).cloned();
        Entry {
            keyed: None,
            claimed: (claims == Claims::Kept && name != "plan").then(|| SUBJECT.to_owned()),
            path,
            declared: declared.unwrap_or(Function {
                function_type,
                visibility: Visibility::Internal,
                args: Validator::Any,
                returns: None,
            }),
            body,
        }
    };
    entries.into_iter().map(entry).collect()
}
