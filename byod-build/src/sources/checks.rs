//! What `byod.toml` says of tables, against the schemas.

use std::collections::BTreeSet;

use byod_schema::{Project, Validator, nearest};

use crate::config::Config;
use crate::error::Error;
use crate::folder;

/// All in which `byod.toml` and the schemas don't go together.
pub(super) fn all(config: &Config, main: &Project, user: Option<&Project>) -> Vec<Error> {
    let mut wrong = Vec::new();
    tables(config, main, user, &mut wrong);
    outbox(config, main, &mut wrong);
    mirror(config, main, &mut wrong);
    wrong
}

/// Every table of `byod.toml` must be in the schemas.
fn tables(config: &Config, main: &Project, user: Option<&Project>, wrong: &mut Vec<Error>) {
    let projects = [
        (Some(main), Some(&config.main)),
        (user, config.user.as_ref()),
    ];
    for table in &config.tables {
        let name = &table.text;
        let mut lacking = Vec::new();
        for (project, named) in projects {
            let (Some(project), Some(named)) = (project, named) else {
                continue;
            };
            if project.schema.table(name).is_some() {
                continue;
            }
            let folder = config.beside(named);
            let is_declared = folder::convex_folder(&folder)
                .is_ok_and(|folder| folder::schema_of(&folder).is_some());
            if project.schema.tables.is_empty() && folder.is_dir() && !is_declared {
                let message = format!(
                    "{} has no schema.ts, so nothing says what the table `{name}` holds. Add one that declares it, or remove the table from `user.tables`",
                    folder.display(),
                );
                wrong.push(config.error(table.line, message));
            } else {
                lacking.push((project, folder));
            }
        }
        let Some((project, _)) = lacking.first() else {
            continue;
        };
        let hint = match nearest(name, project.schema.table_names()) {
            // It is on main, so that is its name.
            _ if main.schema.table(name).is_some() => {
                "Run `byod export`, which writes it there, or remove it from `user.tables`"
                    .to_owned()
            }
            Some(meant) => format!("Did you mean `{meant}`?"),
            None => "Add it there, or remove it from `user.tables`".to_owned(),
        };
        let folders: Vec<_> = lacking
            .iter()
            .map(|(_, folder)| folder.display().to_string())
            .collect();
        let of = match folders.as_slice() {
            [one] => format!("the schema of {one} has"),
            several => format!("the schemas of {} have", several.join(" and ")),
        };
        let message = format!("{of} no table `{name}`. {hint}");
        wrong.push(config.error(table.line, message));
    }
}

/// What is written from users' deployments must be a table of main's own.
fn outbox(config: &Config, main: &Project, wrong: &mut Vec<Error>) {
    for table in &config.outbox {
        let name = &table.text;
        if config.tables.iter().any(|of_users| of_users.text == *name) {
            let message = format!(
                "`user.outbox` names `{name}`, which is the users' own in `user.tables`. Remove one"
            );
            wrong.push(config.error(table.line, message));
        } else if main.schema.table(name).is_none() {
            let hint = match nearest(name, main.schema.table_names()) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "Remove it from `user.outbox`".to_owned(),
            };
            let message = format!("`user.outbox` names `{name}`, which main doesn't have. {hint}");
            wrong.push(config.error(table.line, message));
        }
    }
}

/// What is mirrored must be there on main, and so must be what never leaves it.
fn mirror(config: &Config, main: &Project, wrong: &mut Vec<Error>) {
    let mirrored = config.mirror.iter().map(|table| ("mirror", table));
    let published = config.published.iter().map(|table| ("published", table));
    for (key, table) in mirrored.chain(published) {
        if main.schema.table(&table.text).is_none() {
            let hint = match nearest(&table.text, main.schema.table_names()) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => format!("Remove it from `user.{key}`"),
            };
            let message = format!("main has no table `{}` to mirror. {hint}", table.text);
            wrong.push(config.error(table.line, message));
        }
    }
    for never in &config.never_mirror {
        let (of, name) = match never.text.split_once('.') {
            Some((table, field)) => (Some(table), field),
            None => (None, never.text.as_str()),
        };
        let mirrored = config.mirror.iter().chain(&config.published);
        let mirrored = mirrored.map(|table| table.text.as_str());
        let tables = mirrored.filter(|table| of.is_none_or(|of| of == *table));
        let documents = tables.filter_map(|table| Some(&main.schema.table(table)?.document_type));
        let declared: Vec<_> = documents.map(Validator::document_fields).collect();
        let is_open = declared.iter().any(Option::is_none);
        let fields: BTreeSet<&str> = declared.into_iter().flatten().flatten().collect();
        if is_open || fields.contains(name) {
            continue;
        }
        let hint = match nearest(name, fields.iter().copied()) {
            Some(meant) => format!("Did you mean `{meant}`?"),
            None => "Remove it there".to_owned(),
        };
        let message = format!(
            "`user.never_mirror` names `{}`, which no mirrored table has. {hint}",
            never.text
        );
        wrong.push(config.error(never.line, message));
    }
}
