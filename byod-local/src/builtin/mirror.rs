//! `byod/mirror`, by which copies of main's documents come to a user's deployment. Here
//! none come: what functions read of them, a test puts there itself.

use std::sync::Arc;

use byod_schema::{Function, FunctionPath, FunctionType, Validator, Value, Visibility};

use crate::functions::{Body, Entry, Project};
use crate::values::Object;

const MODULE: &str = "byod/mirror";

/// Main's: nothing to copy.
pub(crate) fn of_main(project: &Project) -> Vec<Entry> {
    let read: Body = Arc::new(|ctx, _| {
        let tables = Object::from([]);
        Ok(Object::from([("at", Value::from(ctx.now())), ("tables", tables.into())]).into())
    });
    if !project.has_copies {
        return Vec::new();
    }
    vec![entry(project, "read", FunctionType::Query, read)]
}

/// A user's: what was put there is taken for what main has.
pub(crate) fn of_user(project: &Project) -> Vec<Entry> {
    let state: Body = Arc::new(|ctx, _| {
        Ok(Object::from([
            ("at", Value::from(ctx.now())),
            ("digest", "as it was put there".into()),
        ])
        .into())
    });
    let write: Body = Arc::new(|_, _| Ok("unchanged".into()));
    if !project.has_copies {
        return Vec::new();
    }
    vec![
        entry(project, "state", FunctionType::Query, state),
        entry(project, "write", FunctionType::Mutation, write),
    ]
}

fn entry(project: &Project, name: &str, function_type: FunctionType, body: Body) -> Entry {
    let path = FunctionPath::new(MODULE, name);
    let declared = project.functions.get(&path).cloned();
    Entry {
        keyed: None,
        claimed: None,
        path,
        declared: declared.unwrap_or(Function {
            function_type,
            visibility: Visibility::Internal,
            args: Validator::Any,
            returns: None,
        }),
        body,
    }
}
