//! The section `[user]`: which tables live on users' deployments, and whose what is
//! there.

use std::collections::BTreeMap;

use byod_schema::{Deployments, Injection, nearest};
use toml::Spanned;
use toml::de::DeTable;

use super::entries::{Entry, Named, Reader};
use super::names::{not_a_field, not_a_table};

/// What may stand in the section.
pub(super) const KEYS: [&str; 16] = [
    "convex",
    "tables",
    "inject",
    "deployments",
    "owner",
    "common",
    "modules",
    "main_only",
    "skip",
    "across_users",
    "not_served",
    "outbox",
    "mirror",
    "published",
    "never_mirror",
    "move",
];

/// As much of a name as a message holds.
fn short(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// A list of names of tables.
pub(super) fn names(reader: &Reader<'_>, user: &DeTable, key: &str, example: &str) -> Vec<Named> {
    let expected = format!("`user.{key}` must be a list of table names: `{key} = [\"{example}\"]`");
    let mut tables: Vec<Named> = Vec::new();
    for item in reader.list(user, key, &expected) {
        let Some(name) = item.get_ref().as_str() else {
            reader.wrong_at(item, expected.clone());
            continue;
        };
        if let Some(reason) = not_a_table(name) {
            let message = format!(
                "`user.{key}` names the table `{}`, which Convex doesn't take: it {reason}. Write the name that it has in the schema",
                short(name)
            );
            reader.wrong_at(item, message);
            continue;
        }
        if let Some(first) = tables.iter().find(|table| table.text == name) {
            let message = format!(
                "the table `{name}` is listed twice, first on line {}. Remove one",
                first.line
            );
            reader.wrong_at(item, message);
            continue;
        }
        tables.push(Named {
            text: name.to_owned(),
            line: reader.line(&item.span()),
        });
    }
    tables
}

/// `deployments`: how many users one deployment has.
pub(super) fn deployments(reader: &Reader<'_>, user: &DeTable) -> Deployments {
    let Some(entry) = user.get("deployments") else {
        return Deployments::Own;
    };
    match entry.get_ref().as_str() {
        Some("own") => Deployments::Own,
        Some("shared") => Deployments::Shared,
        _ => {
            let message = "`user.deployments` must be \"own\", where each user has a deployment of their own, or \"shared\", where several have one";
            reader.wrong_at(entry, message.to_owned());
            Deployments::Own
        }
    }
}

/// `[user.owner]`: by table, the field that says whose a document is.
pub(super) fn owner(reader: &Reader<'_>, user: &DeTable) -> Vec<(Named, Named)> {
    let of_table = |(table, entry): (&Spanned<std::borrow::Cow<str>>, &Entry)| {
        let table = Named {
            text: table.get_ref().to_string(),
            line: reader.line(&table.span()),
        };
        let field = entry.get_ref().as_str().filter(|field| !field.is_empty());
        let Some(field) = field else {
            let message = format!(
                "`{}` in [user.owner] must be the name of a field in quotes: of the one that holds the owner, or a parent's id",
                table.text
            );
            reader.wrong_at(entry, message);
            return None;
        };
        if let Some(reason) = field.split('.').find_map(not_a_field) {
            let message = format!(
                "`{}` in [user.owner] is by the field `{}`, which Convex doesn't take: a part of it {reason}. Name the field that holds the owner, or a parent's id",
                table.text,
                short(field)
            );
            reader.wrong_at(entry, message);
            return None;
        }
        let field = Named {
            text: field.to_owned(),
            line: reader.line(&entry.span()),
        };
        Some((table, field))
    };
    let owner = reader.table(user, "owner");
    owner.into_iter().flatten().filter_map(of_table).collect()
}

/// What `[user.owner]` and `common` name must be tables of the users, each in one of them;
/// whose documents of main's tables are that are mirrored may be said as well.
pub(super) fn check(
    reader: &Reader<'_>,
    tables: &[Named],
    mirrored: &[Named],
    owner: &[(Named, Named)],
    common: &[Named],
) {
    let known = || tables.iter().map(|table| table.text.as_str());
    let is_mirrored = |name: &str| mirrored.iter().any(|table| table.text == name);
    let named = owner.iter().map(|(table, _)| (table, "[user.owner]"));
    let named = named.filter(|(table, _)| !is_mirrored(&table.text));
    for (table, place) in named.chain(common.iter().map(|table| (table, "`user.common`"))) {
        if known().any(|known| known == table.text) {
            continue;
        }
        let hint = match nearest(&table.text, known()) {
            Some(meant) => format!("Did you mean `{meant}`?"),
            None => "Add it to `user.tables`, or remove it here".to_owned(),
        };
        let message = format!(
            "{place} names `{}`, which is not in `user.tables`. {hint}",
            table.text
        );
        reader.wrong(Some(table.line), message);
    }
    for table in common {
        let mut owned = owner.iter();
        if let Some((owned, _)) = owned.find(|(owned, _)| owned.text == table.text) {
            let message = format!(
                "`{}` is everybody's in `user.common`, but has an owner in [user.owner], on line {}. Remove one",
                table.text, owned.line
            );
            reader.wrong(Some(table.line), message);
        }
    }
}

/// `[user.inject]`
pub(super) fn inject(reader: &Reader<'_>, user: &DeTable) -> BTreeMap<String, Injection> {
    let mut injected = BTreeMap::new();
    let mut key: Option<String> = None;
    for (name, entry) in reader.table(user, "inject").into_iter().flatten() {
        let line = reader.line(&name.span());
        let name = name.get_ref().as_ref();
        if let Some(reason) = not_a_field(name) {
            let message = format!(
                "[user.inject] has the argument `{}`, which Convex doesn't take: it {reason}. Call it otherwise, as `userId`",
                short(name)
            );
            reader.wrong(Some(line), message);
            continue;
        }
        let injection = match entry.get_ref().as_str() {
            Some("subject") => Injection::Subject,
            Some("now") => Injection::Now,
            Some("idempotency-key") => Injection::IdempotencyKey,
            _ => {
                let message = format!(
                    "`{name}` in [user.inject] must be \"subject\", \"now\" or \"idempotency-key\""
                );
                reader.wrong_at(entry, message);
                continue;
            }
        };
        if injection == Injection::IdempotencyKey {
            if let Some(first) = &key {
                let message = format!(
                    "a mutation has one idempotency key, but [user.inject] has `{first}` and `{name}`. Remove one"
                );
                reader.wrong_at(entry, message);
            }
            key = Some(name.to_owned());
        }
        injected.insert(name.to_owned(), injection);
    }
    injected
}
