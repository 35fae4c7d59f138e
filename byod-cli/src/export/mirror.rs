//! Copies of main's documents on users' deployments: `byod/copies.ts` and `byod/mirror.ts`,
//! and their tables.

use std::collections::BTreeSet;

use byod_schema::{Field, Fields, Index, Manifest, Table, Validator};

use crate::carry::Travelling;
use crate::layout::{Code, Entry, string};
use crate::owners::Copies;

/// `byod/mirror.ts` of users' deployments, by which copies are brought there.
pub(crate) const MIRROR: &str = include_str!("mirror.ts");

/// `byod/copies.ts`, by which functions read them.
pub(crate) fn copies(manifest: &Manifest, travelling: &Travelling) -> String {
    let copied = mirrored(manifest, travelling).map(|(table, fields)| {
        let owner = Copies::of(manifest, table).map_or(Some("_id"), |copies| copies.field());
        let owner = owner.map_or_else(|| "null".to_owned(), string);
        let declared = table.document_type.document_fields().unwrap_or_default();
        let others = || {
            declared
                .iter()
                .copied()
                .filter(|field| !fields.contains(*field))
        };
        let never_leaves = |field: &&str| manifest.mirror.never_leaves(&table.table_name, field);
        let entries = [
            Entry::new("owner", Code::text(owner)),
            Entry::new("fields", Code::strings(fields.iter().map(String::as_str))),
            Entry::new(
                "unread",
                Code::strings(others().filter(|f| !never_leaves(f))),
            ),
            Entry::new("never", Code::strings(others().filter(never_leaves))),
        ];
        Entry::new(&table.table_name, Code::expanded(entries))
    });
    let names: Vec<String> = mirrored(manifest, travelling)
        .map(|(table, _)| string(&table.table_name))
        .collect();
    include_str!("copies.ts")
        .replace(
            "{/*copied*/}",
            &Code::expanded(copied).print(0, "const COPIED: Record<string, Copied> = ".len(), 1),
        )
        .replace(" never /*tables*/", &union(&names))
}

/// The names as a type, as prettier writes it.
fn union(names: &[String]) -> String {
    let line = format!(" {}", names.join(" | "));
    if "type Table =;".len() + line.len() <= 80 {
        return line;
    }
    names.iter().map(|name| format!("\n  | {name}")).collect()
}

/// `byod/mirror.ts` of main, where users' ids are so: what is read of whom.
pub(crate) fn of_main(
    manifest: &Manifest,
    travelling: &Travelling,
    id: &str,
    users: Option<&str>,
) -> String {
    let fields = mirrored(manifest, travelling).map(|(table, fields)| {
        let fields = Code::strings(fields.iter().map(String::as_str));
        Entry::new(&table.table_name, fields)
    });
    let fields = Code::expanded(fields).print(0, "const FIELDS = ".len(), 1);
    let tables = mirrored(manifest, travelling).map(|(table, _)| {
        let name = string(&table.table_name);
        let those = &table.table_name;
        let those = format!("FIELDS{}", member(those));
        let docs = match Copies::of(manifest, table) {
            // Ids of another table are nobody's here.
            Ok(Copies::Caller) if users == Some(&table.table_name) => {
                "await one(ctx.db.get(user))".to_owned()
            }
            Ok(Copies::Owned { field, index, is_id }) => {
                let owners = if is_id { "[user]" } else { "[user, subject]" };
                format!(
                    "await those({owners}, (owner) =>\n            ctx.db\n              .query({name})\n              .withIndex({}, (q) => q.eq({}, owner{}))\n              .order(\"asc\"),\n          )",
                    string(index),
                    string(field),
                    if is_id && users.is_none() { " as any" } else { "" },
                )
            }
            Ok(Copies::Everybody) => format!("await few(ctx.db.query({name}))"),
            _ => "[]".to_owned(),
        };
        // As long as a line may be, with the key and a comma.
        let line = "        : copied(, ),".len() + key(&table.table_name).len();
        let value = if docs.contains('\n') || line + docs.len() + those.len() > 80 {
            format!("copied(\n          {docs},\n          {those},\n        )")
        } else {
            format!("copied({docs}, {those})")
        };
        Entry::new(&table.table_name, Code::text(value))
    });
    let tables = Code::expanded(tables).print(6, "      tables: ".len(), 1);
    let mut imports = String::from("import { convexToJson, v } from \"convex/values\";\n");
    imports.push_str("import { internalQuery } from \"../_generated/server\";\n");
    include_str!("main_side/mirror.ts")
        .replace("/*imports*/", &imports)
        .replace("{/*fields*/}", &fields)
        .replace("{/*tables*/}", &tables)
        .replace("/*id*/", id)
}

/// How the name is written as a key.
fn key(name: &str) -> String {
    if crate::layout::is_identifier(name) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// How a member of the name is reached.
fn member(name: &str) -> String {
    if crate::layout::is_identifier(name) {
        format!(".{name}")
    } else {
        format!("[{}]", string(name))
    }
}

/// The tables of which there are copies, with what of them travels.
pub(crate) fn mirrored<'m>(
    manifest: &'m Manifest,
    travelling: &'m Travelling,
) -> impl Iterator<Item = (&'m Table, &'m BTreeSet<String>)> {
    let tables = manifest.main.schema.tables.iter();
    tables.filter_map(|table| Some((table, travelling.tables.get(&table.table_name)?)))
}

/// The table of the copies: what travels, whose it is, and what main calls it.
pub(crate) fn table_of_copies(table: &Table, fields: &BTreeSet<String>) -> Table {
    let own = [
        ("byodOwner", Validator::String),
        ("byodId", Validator::String),
        ("byodCreated", Validator::Number),
    ];
    let own = own.map(|(name, validator)| (name.to_owned(), Field::required(validator)));
    let document = |document: &Fields| {
        let those = document.iter().filter(|(name, _)| fields.contains(*name));
        let those = those.map(|(name, field)| {
            let field = Field {
                field_type: texts(&field.field_type),
                optional: field.optional,
            };
            (name.to_owned(), field)
        });
        Validator::Object {
            value: those.chain(own.clone()).collect(),
        }
    };
    let document_type = match &table.document_type {
        Validator::Object { value } => document(value),
        Validator::Union { value } => Validator::Union {
            value: value
                .iter()
                .filter_map(|member| member.as_object().map(document))
                .collect(),
        },
        other => other.clone(),
    };
    let index = |name: &str, fields: &[&str]| Index {
        index_descriptor: name.to_owned(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
    };
    let kept = table.indexes.iter().filter(|index| {
        let mut names = index.fields.iter();
        names.all(|name| fields.contains(name))
    });
    let own = [
        index("byodOwner", &["byodOwner"]),
        index("byodId", &["byodOwner", "byodId"]),
    ];
    Table {
        table_name: table.table_name.clone(),
        indexes: kept.cloned().chain(own).collect(),
        staged_db_indexes: Vec::new(),
        search_indexes: Vec::new(),
        staged_search_indexes: Vec::new(),
        vector_indexes: Vec::new(),
        staged_vector_indexes: Vec::new(),
        document_type,
        other: table.other.clone(),
    }
}

/// The validator with texts for ids: main's mean nothing elsewhere.
fn texts(validator: &Validator) -> Validator {
    let field = |field: &Field| Field {
        field_type: texts(&field.field_type),
        optional: field.optional,
    };
    match validator {
        Validator::Id { .. } => Validator::String,
        Validator::Array { value } => Validator::Array {
            value: Box::new(texts(value)),
        },
        Validator::Record { keys, values } => Validator::Record {
            keys: Box::new(texts(keys)),
            values: Box::new(field(values)),
        },
        Validator::Object { value } => Validator::Object {
            value: value
                .iter()
                .map(|(name, of)| (name.to_owned(), field(of)))
                .collect(),
        },
        Validator::Union { value } => Validator::Union {
            value: value.iter().map(texts).collect(),
        },
        other => other.clone(),
    }
}
