//! `functions:ping`, by which a user's deployment says which schema it runs.

use std::sync::Arc;

use byod_schema::{Fields, Function, FunctionPath, FunctionType, Validator, Value, Visibility};

use crate::functions::Entry;
use crate::functions::Project;
use crate::values::Object;

pub(crate) fn function(project: &Project, schema_version: f64) -> Entry {
    let path = FunctionPath::new("functions", "ping");
    let declared = project.functions.get(&path).cloned();
    let declared = declared.unwrap_or_else(|| Function {
        function_type: FunctionType::Query,
        visibility: Visibility::Public,
        args: Validator::Object {
            value: Fields::default(),
        },
        returns: None,
    });
    Entry {
        keyed: None,
        claimed: None,
        path,
        declared,
        body: Arc::new(move |ctx, _| {
            Ok(Object::from([
                ("status", Value::from("ok")),
                ("version", schema_version.into()),
                ("timestamp", ctx.now().into()),
            ])
            .into())
        }),
    }
}
