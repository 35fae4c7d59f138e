//! The section `[user]`: which tables live on users' deployments, and whose what is
//! there.

use std::collections::BTreeMap;

use byod_schema::{Deployments, Injection, nearest};
use toml::Spanned;
use toml::de::DeTable;

use super::entries::{Entry, Named, Reader};
use super::names::{not_a_field, not_a_table};
use crate::error::Error;

/// What may stand in the section.
pub(super) const KEYS: [&str; 15] = [
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
];

/// As much of a name as a message holds.
fn short(name: &str) -> String {
    match name.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// A list of names of tables.
pub(super) fn names(
    reader: &Reader<'_>,
    user: &DeTable,
    key: &str,
    example: &str,
) -> Result<Vec<Named>, Error> {
    let Some(entry) = user.get(key) else {
        return Ok(Vec::new());
    };
    let expected = format!("`user.{key}` must be a list of table names: `{key} = [\"{example}\"]`");
    let list = entry
        .get_ref()
        .as_array()
        .ok_or_else(|| reader.at(entry, expected.clone()))?;
    let mut tables: Vec<Named> = Vec::new();
    for item in list.iter() {
        let name = item
            .get_ref()
            .as_str()
            .ok_or_else(|| reader.at(item, expected.clone()))?;
        if let Some(reason) = not_a_table(name) {
            let message = format!(
                "`user.{key}` names the table `{}`, which Convex doesn't take: it {reason}. Write the name that it has in the schema",
                short(name)
            );
            return Err(reader.at(item, message));
        }
        if let Some(first) = tables.iter().find(|table| table.text == name) {
            let message = format!(
                "the table `{name}` is listed twice, first on line {}. Remove one",
                first.line
            );
            return Err(reader.at(item, message));
        }
        tables.push(Named {
            text: name.to_owned(),
            line: reader.line(&item.span()),
        });
    }
    Ok(tables)
}

/// `deployments`: how many users one deployment has.
pub(super) fn deployments(reader: &Reader<'_>, user: &DeTable) -> Result<Deployments, Error> {
    let Some(entry) = user.get("deployments") else {
        return Ok(Deployments::Own);
    };
    match entry.get_ref().as_str() {
        Some("own") => Ok(Deployments::Own),
        Some("shared") => Ok(Deployments::Shared),
        _ => {
            let message = "`user.deployments` must be \"own\", where each user has a deployment of their own, or \"shared\", where several have one";
            Err(reader.at(entry, message.to_owned()))
        }
    }
}

/// `[user.owner]`: by table, the field that says whose a document is.
pub(super) fn owner(reader: &Reader<'_>, user: &DeTable) -> Result<Vec<(Named, Named)>, Error> {
    let Some(owner) = reader.table(user, "owner")? else {
        return Ok(Vec::new());
    };
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
            return Err(reader.at(entry, message));
        };
        if let Some(reason) = field.split('.').find_map(not_a_field) {
            let message = format!(
                "`{}` in [user.owner] is by the field `{}`, which Convex doesn't take: a part of it {reason}. Name the field that holds the owner, or a parent's id",
                table.text,
                short(field)
            );
            return Err(reader.at(entry, message));
        }
        let field = Named {
            text: field.to_owned(),
            line: reader.line(&entry.span()),
        };
        Ok((table, field))
    };
    owner.iter().map(of_table).collect()
}

/// What `[user.owner]` and `common` name must be tables of the users, each in one of them;
/// whose documents of main's tables are that are mirrored may be said as well.
pub(super) fn check(
    reader: &Reader<'_>,
    tables: &[Named],
    mirrored: &[Named],
    owner: &[(Named, Named)],
    common: &[Named],
) -> Result<(), Error> {
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
        return Err(reader.error(Some(table.line), message));
    }
    for table in common {
        let mut owned = owner.iter();
        if let Some((owned, _)) = owned.find(|(owned, _)| owned.text == table.text) {
            let message = format!(
                "`{}` is everybody's in `user.common`, but has an owner in [user.owner], on line {}. Remove one",
                table.text, owned.line
            );
            return Err(reader.error(Some(table.line), message));
        }
    }
    Ok(())
}

/// `[user.inject]`
pub(super) fn inject(
    reader: &Reader<'_>,
    user: &DeTable,
) -> Result<BTreeMap<String, Injection>, Error> {
    let Some(inject) = reader.table(user, "inject")? else {
        return Ok(BTreeMap::new());
    };
    let kind = |(name, entry): (&Spanned<std::borrow::Cow<str>>, &Entry)| {
        if let Some(reason) = not_a_field(name.get_ref()) {
            let message = format!(
                "[user.inject] has the argument `{}`, which Convex doesn't take: it {reason}. Call it otherwise, as `userId`",
                short(name.get_ref())
            );
            return Err(reader.error(Some(reader.line(&name.span())), message));
        }
        let injection = match entry.get_ref().as_str() {
            Some("subject") => Injection::Subject,
            Some("now") => Injection::Now,
            Some("idempotency-key") => Injection::IdempotencyKey,
            _ => {
                let message = format!(
                    "`{}` in [user.inject] must be \"subject\", \"now\" or \"idempotency-key\"",
                    name.get_ref()
                );
                return Err(reader.at(entry, message));
            }
        };
        Ok((name.get_ref().to_string(), injection))
    };
    let injected: BTreeMap<_, _> = inject.iter().map(kind).collect::<Result<_, _>>()?;
    let mut keys = inject.iter().filter(|(name, _)| {
        injected.get(name.get_ref().as_ref()) == Some(&Injection::IdempotencyKey)
    });
    if let (Some((first, _)), Some((second, entry))) = (keys.next(), keys.next()) {
        let message = format!(
            "a mutation has one idempotency key, but [user.inject] has `{}` and `{}`. Remove one",
            first.get_ref(),
            second.get_ref()
        );
        return Err(reader.at(entry, message));
    }
    Ok(injected)
}
