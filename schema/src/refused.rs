//! What a push to a deployment refuses, though it can be read.

mod names;
mod tables;
mod validators;

use std::collections::{BTreeMap, BTreeSet};

use crate::function::{Function, FunctionPath};
use crate::schema::Schema;
use crate::validator::Validator;

pub use names::not_an_identifier;
use names::{LONGEST, is_identifier};

/// How each line about what a push refuses begins.
pub const REFUSED: &str = "Convex refuses";

/// How many tables a deployment may have.
const TABLES: usize = 10_000;

/// How many modules may be pushed.
const MODULES: usize = 4_096;

/// What Convex refuses of a project when it is pushed: one line each.
pub fn refused(schema: &Schema, functions: &BTreeMap<FunctionPath, Function>) -> Vec<String> {
    let mut found = Vec::new();
    if schema.tables.len() > TABLES {
        let count = schema.tables.len();
        found.push(format!(
            "Convex refuses the schema: it has {count} tables, and {TABLES} is the most. Put several kinds of documents into one table"
        ));
    }
    for table in &schema.tables {
        tables::of_table(table, &mut found);
    }
    let modules: BTreeSet<&str> = functions.keys().map(|path| path.module.as_str()).collect();
    if modules.len() > MODULES {
        let count = modules.len();
        found.push(format!(
            "Convex refuses the project: it has {count} modules, and {MODULES} is the most. Put functions of several into one"
        ));
    }
    found.extend(modules.into_iter().filter_map(refused_module));
    for (path, function) in functions {
        if !is_identifier(&path.name) {
            found.push(format!(
                "Convex refuses the function `{path}`: its name may only have letters, digits and underscores, {LONGEST} at most, and no digit first. Rename it"
            ));
        }
        if !matches!(function.args, Validator::Object { .. } | Validator::Any) {
            found.push(format!(
                "Convex refuses the function `{path}`: its `args` must be an object of validators or `v.any()`. Put the validator under a name: `args: {{ value: … }}`"
            ));
        }
        let places = [
            ("args", Some(&function.args)),
            ("returns", function.returns.as_ref()),
        ];
        for (place, validator) in places {
            if let Some(reason) = validator.and_then(validators::refused) {
                found.push(format!(
                    "Convex refuses the function `{path}`: in its `{place}`, {reason}"
                ));
            }
        }
    }
    found
}

/// Why Convex refuses a module by its path, functions or not.
pub fn refused_module(module: &str) -> Option<String> {
    (!module.split('/').all(names::is_part_of_path)).then(|| {
        format!(
            "Convex refuses the module `{module}`: names of files and folders may only have letters, digits, underscores and periods, {LONGEST} at most with `.js`, and not only underscores. Rename it"
        )
    })
}

#[cfg(test)]
mod tests;
