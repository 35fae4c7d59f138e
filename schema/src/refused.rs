//! What a push to a deployment refuses, though it can be read.

use std::collections::BTreeMap;

use crate::function::{Function, FunctionPath};
use crate::schema::{Schema, Table};
use crate::validator::Validator;

/// How each line about what a push refuses begins.
pub const REFUSED: &str = "Convex refuses";

/// How many indexes a table may have.
const INDEXES: usize = 32;

/// How many fields an index may have.
const FIELDS: usize = 16;

/// The longest name of a table, an index or a function.
const LONGEST: usize = 64;

/// What Convex refuses of a project when it is pushed: one line each.
pub fn refused(schema: &Schema, functions: &BTreeMap<FunctionPath, Function>) -> Vec<String> {
    let mut found = Vec::new();
    for table in &schema.tables {
        of_table(table, &mut found);
    }
    let mut modules: Vec<&str> = functions.keys().map(|path| path.module.as_str()).collect();
    modules.dedup();
    found.extend(modules.into_iter().filter_map(refused_module));
    for (path, function) in functions {
        if !is_identifier(&path.name) {
            found.push(format!(
                "Convex refuses the function `{path}`: its name may only have letters, digits and underscores, {LONGEST} at most, and no digit first"
            ));
        }
        if !matches!(function.args, Validator::Object { .. } | Validator::Any) {
            found.push(format!(
                "Convex refuses the function `{path}`: its `args` must be an object of validators or `v.any()`. Put the validator under a name: `args: {{ value: … }}`"
            ));
        }
    }
    found
}

/// Why Convex refuses a module by its path, functions or not.
pub fn refused_module(module: &str) -> Option<String> {
    let is_taken = |part: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        !part.is_empty() && part.chars().all(is_part)
    };
    (!module.split('/').all(is_taken)).then(|| {
        format!(
            "Convex refuses the module `{module}`: names of files and folders may only have letters, digits, underscores and periods. Rename it"
        )
    })
}

fn of_table(table: &Table, found: &mut Vec<String>) {
    let name = &table.table_name;
    if !is_identifier(name) || name.starts_with('_') {
        found.push(format!(
            "Convex refuses the table `{name}`: its name may only have letters, digits and underscores, {LONGEST} at most, and begins with a letter"
        ));
    }
    let database = table.indexes.iter().chain(&table.staged_db_indexes);
    let searches = table
        .search_indexes
        .iter()
        .chain(&table.staged_search_indexes);
    let vectors = table
        .vector_indexes
        .iter()
        .chain(&table.staged_vector_indexes);
    let names = database
        .clone()
        .map(|index| &index.index_descriptor)
        .chain(searches.map(|index| &index.index_descriptor))
        .chain(vectors.map(|index| &index.index_descriptor));
    let mut count = 0;
    for index in names {
        count += 1;
        let is_own = matches!(index.as_str(), "by_id" | "by_creation_time");
        if !is_identifier(index) || index.starts_with('_') || is_own {
            found.push(format!(
                "Convex refuses the index `{index}` of `{name}`: its name may only have letters, digits and underscores, {LONGEST} at most, begins with a letter, and is none of Convex's own"
            ));
        }
    }
    if count > INDEXES {
        found.push(format!(
            "Convex refuses the table `{name}`: it has {count} indexes, and {INDEXES} is the most"
        ));
    }
    for index in database {
        if index.fields.is_empty() || index.fields.len() > FIELDS {
            found.push(format!(
                "Convex refuses the index `{}` of `{name}`: it has {} fields, and may have 1 to {FIELDS}",
                index.index_descriptor,
                index.fields.len()
            ));
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let begins = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    begins && name.len() <= LONGEST && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
