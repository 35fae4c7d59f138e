//! Guesses which tables hold what is the users' own, by the fields that name an owner.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{Fields, Schema, Table, Validator};
use serde::Serialize;

/// The usual names of the field that says whose a document is, the most usual first.
const OWNERS: [&str; 14] = [
    "userId",
    "ownerId",
    "authorId",
    "creatorId",
    "createdBy",
    "user",
    "owner",
    "author",
    "subject",
    "clerkId",
    "clerkUserId",
    "externalId",
    "tokenIdentifier",
    "accountId",
];

/// Words by which a table is about the service's dealings with its users.
const OF_THE_SERVICE: [&str; 29] = [
    "account",
    "audit",
    "billing",
    "credit",
    "customer",
    "device",
    "invitation",
    "invite",
    "invoice",
    "key",
    "license",
    "limit",
    "member",
    "membership",
    "payment",
    "permission",
    "plan",
    "preference",
    "purchase",
    "quota",
    "role",
    "secret",
    "session",
    "setting",
    "subscription",
    "token",
    "usage",
    "verification",
    "webhook",
];

/// What `byod.toml` is to say of the tables.
#[derive(Debug, Serialize)]
pub(crate) struct Guess {
    /// The field that most documents name their owner in.
    pub(crate) subject: String,
    /// The users' tables, each with the field by which a document is somebody's.
    pub(crate) tables: BTreeMap<String, String>,
    /// Tables that hold an owner as well, and stay on main.
    pub(crate) aside: Vec<Aside>,
}

/// A table that was left on main, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Aside {
    pub(crate) table: String,
    /// Completes "it …".
    pub(crate) why: String,
}

/// What the documents of a table say of owners and of other tables.
struct Links<'a> {
    /// The field that names the owner.
    owner: Option<&'a str>,
    /// Why an owner isn't taken for one.
    against: Option<String>,
    /// Required fields with the ids of other tables, and those tables.
    parents: Vec<(&'a str, &'a str)>,
}

/// Guesses by main's schema alone.
pub(super) fn guess(schema: &Schema) -> Guess {
    let people = people(schema);
    let is_auth = schema.table("authAccounts").is_some();
    let tables: BTreeMap<&str, Links<'_>> = schema
        .tables
        .iter()
        .map(|table| (table.table_name.as_str(), table))
        .filter(|(name, _)| !people.contains(name))
        .filter(|(name, _)| !name.starts_with("byod") && *name != "userDatabaseConfig")
        .filter(|(name, _)| !(is_auth && name.starts_with("auth")))
        .filter_map(|(name, table)| Some((name, links(table, &people)?)))
        .collect();
    let mut found: BTreeMap<String, String> = tables
        .iter()
        .filter(|(_, links)| links.against.is_none())
        .filter_map(|(name, links)| Some(((*name).to_owned(), links.owner?.to_owned())))
        .collect();
    let mut aside: BTreeMap<&str, String> = tables
        .iter()
        .filter_map(|(name, links)| Some((*name, links.against.clone()?)))
        .collect();
    // What hangs from users' tables is theirs; what hangs from main's is not.
    loop {
        let before = (found.len(), aside.len());
        for (name, links) in &tables {
            if links.owner.is_some() || links.against.is_some() || is_of_the_service(name) {
                continue;
            }
            let parent = links.parents.iter().find(|(_, of)| found.contains_key(*of));
            let is_theirs = links.parents.iter().all(|(_, of)| found.contains_key(*of));
            if let (Some((field, _)), true) = (parent, is_theirs) {
                found.insert((*name).to_owned(), (*field).to_owned());
            }
        }
        for (name, links) in &tables {
            let mut parents = links.parents.iter();
            let on_main = parents.find(|(_, of)| of != name && !may_be_theirs(of, &tables, &found));
            if let Some((field, of)) = on_main.filter(|_| found.contains_key(*name)) {
                found.remove(*name);
                aside.insert(
                    name,
                    format!("hangs from `{of}` by `{field}`, which is on main"),
                );
            }
        }
        if before == (found.len(), aside.len()) {
            break;
        }
    }
    Guess {
        subject: subject(&tables, &found),
        tables: found,
        aside: aside
            .into_iter()
            .map(|(table, why)| Aside {
                table: table.to_owned(),
                why,
            })
            .collect(),
    }
}

/// Whether a table is the users', or may still be found to be.
fn may_be_theirs(
    name: &str,
    tables: &BTreeMap<&str, Links<'_>>,
    found: &BTreeMap<String, String>,
) -> bool {
    found.contains_key(name)
        || tables.get(name).is_some_and(|links| {
            links.owner.is_none() && !links.parents.is_empty() && !is_of_the_service(name)
        })
}

/// The tables that say who is signed up: `users`, or those that owners' fields refer to.
fn people(schema: &Schema) -> BTreeSet<&str> {
    if schema.table("users").is_some() {
        return BTreeSet::from(["users"]);
    }
    let mut people = BTreeSet::new();
    for table in &schema.tables {
        table.document_type.visit_ids(&mut |field, of| {
            if OWNERS.contains(&field) {
                people.insert(of);
            }
        });
    }
    people
}

/// `None` where documents of the table may be anything.
fn links<'a>(table: &'a Table, people: &BTreeSet<&str>) -> Option<Links<'a>> {
    let fields: &Fields = table.document_type.as_object()?;
    let is_person = |validator: &Validator| matches!(validator, Validator::Id { table_name } if people.contains(table_name.as_str()));
    let persons: Vec<&str> = fields
        .iter()
        .filter(|(_, field)| is_person(&field.field_type))
        .map(|(name, _)| name)
        .collect();
    let is_owner = |name: &str| {
        fields.get(name).is_some_and(|field| {
            field.field_type == Validator::String || is_person(&field.field_type)
        })
    };
    let usual = OWNERS.iter().find(|name| is_owner(name));
    let usual = usual.and_then(|usual| fields.names().find(|name| name == usual));
    let owner = usual.or_else(|| persons.first().copied());
    let against = owner.and_then(|owner| {
        let others: Vec<String> = persons
            .iter()
            .filter(|name| **name != owner)
            .map(|name| format!("`{name}`"))
            .collect();
        if is_of_the_service(&table.table_name) {
            Some("is about the service's dealings with them, by its name".to_owned())
        } else if !others.is_empty() {
            let others = others.join(" and ");
            Some(format!("names others beside `{owner}`: {others}"))
        } else if fields.get(owner).is_some_and(|field| field.optional) {
            Some(format!("may be nobody's: `{owner}` is optional"))
        } else {
            None
        }
    });
    let parents = fields.iter().filter(|(_, field)| !field.optional);
    let parents = parents.filter_map(|(name, field)| match &field.field_type {
        Validator::Id { table_name } if !table_name.starts_with('_') => Some((name, table_name)),
        _ => None,
    });
    let parents = parents.map(|(name, of)| (name, of.as_str()));
    Some(Links {
        owner,
        against,
        parents: parents.filter(|(_, of)| !people.contains(of)).collect(),
    })
}

/// The most frequent of the owners' fields; the usual one where there is none.
fn subject(tables: &BTreeMap<&str, Links<'_>>, found: &BTreeMap<String, String>) -> String {
    let owners = || {
        let theirs = tables.iter().filter(|(name, _)| found.contains_key(**name));
        theirs.filter_map(|(_, links)| links.owner)
    };
    let count = |name: &str| owners().filter(|owner| *owner == name).count();
    let usual = |name: &str| OWNERS.iter().rev().position(|usual| *usual == name);
    let most = owners().max_by_key(|name| (count(name), usual(name)));
    most.unwrap_or(OWNERS[0]).to_owned()
}

/// Whether a word of the name, in the singular, says so.
fn is_of_the_service(table: &str) -> bool {
    let mut words: Vec<String> = Vec::new();
    let mut was_lower = false;
    for c in table.chars() {
        match words.last_mut() {
            Some(word) if c.is_ascii_alphanumeric() && !(was_lower && c.is_ascii_uppercase()) => {
                word.push(c.to_ascii_lowercase());
            }
            _ => words.push(c.to_ascii_lowercase().to_string()),
        }
        was_lower = c.is_ascii_lowercase();
    }
    let is_one = |word: &String| {
        let singular = word.strip_suffix('s').unwrap_or(word);
        OF_THE_SERVICE.contains(&word.as_str()) || OF_THE_SERVICE.contains(&singular)
    };
    words.iter().any(is_one)
}
