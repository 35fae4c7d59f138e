//! `byod/moving.ts` on either side, by which users' data moves, and what main keeps of how
//! far it is.

use std::collections::BTreeSet;

use byod_schema::{Deployments, Field, Manifest, Table, Validator};
use serde_json::{Map, Value, json};

use super::schema::user_tables;
use super::tables::index_by;
use crate::layout::string;
use crate::owners::{self, Owners, owner_on_main};

/// The module, on either side.
pub(crate) const MODULE: &str = "byod/moving";

/// One of main's tables for it.
pub(crate) const MOVES_TABLE: &str = "byodMoves";

/// How a user's documents of a table are found.
enum Found<'m> {
    All,
    Owner {
        field: &'m str,
        index: &'m str,
    },
    Parent {
        field: &'m str,
        index: &'m str,
        parents: BTreeSet<&'m str>,
    },
}

/// What keeps users' tables from being moved, each with its fix.
pub(crate) fn problems(manifest: &Manifest) -> Vec<String> {
    if manifest.moves.is_none() {
        return Vec::new();
    }
    let found = moving(manifest).filter_map(|table| found(manifest, table).err());
    found.collect()
}

/// The module of users' deployments.
pub(crate) fn of_users(manifest: &Manifest) -> String {
    let is_shared = manifest.ownership.deployments == Deployments::Shared;
    let tables = ordered(manifest).into_iter().map(|table| {
        let found = match is_shared {
            true => found(manifest, table).unwrap_or(Found::All),
            false => Found::All,
        };
        (&table.table_name, entry(manifest, table, &found, false))
    });
    module(
        manifest,
        lines(tables),
        "byod export",
        "{ user: v.string(), subject: v.string() }",
    )
    .replace("/*is users'*/", "true")
    .replace("/*imports*/\n", "import { check } from \"./claim\";\n\n")
    .replace("/*asked*/", "await check(db, given.subject);")
    .replace("{/*others*/}", "{}")
}

/// The module of main, where users' ids are so.
pub(crate) fn of_main(manifest: &Manifest, id: &str) -> String {
    let tables = ordered(manifest).into_iter().map(|table| {
        let found = found(manifest, table).unwrap_or(Found::All);
        (&table.table_name, entry(manifest, table, &found, true))
    });
    let callers = owners::callers(manifest);
    let others = manifest.main.schema.tables.iter().filter_map(|table| {
        let name = &table.table_name;
        let is_main = !manifest.user_tables.contains(name) && !callers.contains(name);
        let owner = match owner_on_main(manifest, table, &callers) {
            Some(field) => json!(field),
            None if owners::private(manifest, table).is_none() => Value::Null,
            None => return None,
        };
        let is_ours = name.starts_with("byod") || name == owners::RECORDS;
        (is_main && !is_ours).then_some((name, owner))
    });
    let others = lines(others);
    module(
        manifest,
        lines(tables),
        "byod export --main",
        &format!("{{ user: {id}, subject: v.string() }}"),
    )
    .replace("/*is users'*/", "false")
    .replace("/*imports*/\n", "\n")
    .replace(
        "/*asked*/",
        "if (given.subject === \"\") throw new Error(\"Give `subject`\");",
    )
    .replace("{/*others*/}", &others)
}

/// Main's tables for it.
pub(crate) fn tables_of_main(id: &str) -> String {
    include_str!("main_side/moved.ts").replace("/*id*/", id)
}

/// Main's functions that say how far it is; `find` finds a user's record. With `history`, where a
/// user's data is from then on is noted there.
pub(crate) fn state_of_main(id: &str, find: &str, history: bool) -> String {
    let (import, noted) = match history {
        true => (
            "import { moved } from \"./history\";\n",
            "      await moved(ctx, record, row.direction);\n",
        ),
        false => ("", ""),
    };
    include_str!("main_side/moves.ts")
        .replace("/*history*/\n", import)
        .replace("/*moved*/", noted)
        .replace("/*id*/", id)
        .replace("/*find*/", find)
}

fn module(manifest: &Manifest, tables: String, command: &str, who: &str) -> String {
    let callers: Vec<String> = owners::callers(manifest).into_iter().collect();
    include_str!("moving.ts")
        .replace("/*command*/", command)
        .replace("{/*tables*/}", &tables)
        .replace("[/*callers*/]", &json!(callers).to_string())
        .replace("/*who*/", who)
}

/// The tables whose documents are somebody's.
fn moving(manifest: &Manifest) -> impl Iterator<Item = &Table> {
    user_tables(manifest).filter(|table| Owners::of(manifest, table) != Owners::Everybody)
}

/// The same, those first that others can't be without.
fn ordered(manifest: &Manifest) -> Vec<&Table> {
    let mut left: Vec<&Table> = moving(manifest).collect();
    let mut ordered: Vec<&Table> = Vec::new();
    while !left.is_empty() {
        let waits = |table: &&Table, needs: &BTreeSet<&str>| {
            let mut others = left
                .iter()
                .filter(|other| other.table_name != table.table_name);
            others.any(|other| needs.contains(other.table_name.as_str()))
        };
        let first = left.iter().position(|table| !waits(table, &needs(table)));
        // Rings: what is found by another comes after it all the same.
        let first = first.or_else(|| {
            let mut left = left.iter();
            left.position(|table| match found(manifest, table) {
                Ok(Found::Parent { parents, .. }) => !waits(table, &parents),
                _ => true,
            })
        });
        ordered.push(left.remove(first.unwrap_or(0)));
    }
    ordered
}

/// The tables without whose ids no document of the table can be.
fn needs(table: &Table) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    required(&table.document_type, &mut found);
    found
}

fn required<'m>(validator: &'m Validator, found: &mut BTreeSet<&'m str>) {
    match validator {
        Validator::Id { table_name } => {
            found.insert(table_name);
        }
        Validator::Object { value } => {
            let fields = value.iter().map(|(_, field)| field);
            for Field { field_type, .. } in fields.filter(|field| !field.optional) {
                required(field_type, found);
            }
        }
        Validator::Union { value } => {
            for member in value {
                required(member, found);
            }
        }
        _ => {}
    }
}

fn found<'m>(manifest: &'m Manifest, table: &'m Table) -> Result<Found<'m>, String> {
    let name = &table.table_name;
    let owners = Owners::of(manifest, table);
    if let Owners::Parent { field, tables } = owners {
        let Some(index) = index_by(table, field) else {
            return Err(lacks(table, field));
        };
        let parents = tables;
        return Ok(Found::Parent {
            field,
            index,
            parents,
        });
    }
    let fields = owners.fields();
    let by_owner = fields
        .iter()
        .find_map(|&field| Some((field, ordered_index(table, field)?)));
    if let Some((field, index)) = by_owner {
        return Ok(Found::Owner { field, index });
    }
    // What refers to somebody else's can't move, so all that can is found by it.
    let moves: BTreeSet<&str> = moving(manifest).map(|t| t.table_name.as_str()).collect();
    let parents = owners::parent_fields(manifest, table);
    let mut parents = parents.into_iter().filter(|(_, of)| moves.contains(of));
    let by_parent = parents.find_map(|(field, of)| Some((field, index_by(table, field)?, of)));
    match by_parent {
        Some((field, index, parent)) => Ok(Found::Parent {
            field,
            index,
            parents: BTreeSet::from([parent]),
        }),
        None => Err(lacks(table, fields.first().copied().unwrap_or(name))),
    }
}

/// An index by the field, in the order in which documents are made where there is one.
fn ordered_index<'t>(table: &'t Table, field: &str) -> Option<&'t str> {
    let mut indexes = table.indexes.iter();
    let alone = indexes.find(|index| index.fields == [field]);
    let alone = alone.map(|index| index.index_descriptor.as_str());
    alone.or_else(|| index_by(table, field))
}

fn lacks(table: &Table, field: &str) -> String {
    let name = &table.table_name;
    format!(
        "users' data is to move ([user.move]), but main's table `{name}` has no index that finds whose its documents are: add `.index({}, [{}])` to it in main's schema",
        string(&format!("by_{}", field.replace('.', "_"))),
        string(field)
    )
}

/// What is written of a table, on main or on users' deployments.
fn entry(manifest: &Manifest, table: &Table, found: &Found<'_>, is_main: bool) -> Value {
    let callers = owners::callers(manifest);
    let is_id = |field: &str| is_main && owners::has_id_of(table, field, &callers);
    let found = match found {
        Found::All => json!({"by": "all"}),
        Found::Owner { field, index } => {
            json!({"by": "owner", "index": index, "field": field, "isId": is_id(field)})
        }
        Found::Parent {
            field,
            index,
            parents,
        } => json!({"by": "parent", "index": index, "field": field, "parents": parents}),
    };
    // Documents that have no place for an owner are theirs whose deployment it is.
    let is_own = manifest.ownership.deployments == Deployments::Own;
    let without = !is_main && is_own && owners::without_place(manifest, table).is_some();
    let owners = Owners::of(manifest, table);
    let fields = owners.fields().iter().filter(|_| !without);
    let owner: Vec<Value> = fields
        .map(|field| json!({"field": field, "isId": is_id(field)}))
        .collect();
    let mut entry = Map::new();
    entry.insert("found".to_owned(), found);
    entry.insert("owner".to_owned(), json!(owner));
    let created = manifest
        .moves
        .as_ref()
        .and_then(|moves| moves.created_at.as_deref());
    if let Some(created) = created.filter(|field| takes_time(table, field)) {
        entry.insert("created".to_owned(), json!(created));
    }
    entry.insert("takes".to_owned(), json!(table.document_type));
    Value::Object(entry)
}

/// Whether every document has room for a time there.
fn takes_time(table: &Table, field: &str) -> bool {
    let is_time = |document: &Validator| {
        let field = document
            .as_object()
            .and_then(|document| document.get(field));
        field.is_some_and(|field| matches!(field.field_type, Validator::Number))
    };
    match &table.document_type {
        Validator::Union { value } => value.iter().all(is_time),
        one => is_time(one),
    }
}

/// One line for each member.
fn lines<'n>(members: impl Iterator<Item = (&'n String, Value)>) -> String {
    let lines: String = members
        .map(|(name, value)| format!("\n  {}: {value},", string(name)))
        .collect();
    match lines.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{{lines}\n}}"),
    }
}
