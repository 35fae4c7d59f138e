//! Which of the users' tables move between main and their deployments, and how a user's documents are found there: by one
//! field of each table, where `byod export` knows of several and of private tables, so what isn't known to be anybody's isn't
//! taken for nobody's.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{Deployments, Fields, Injection, Manifest, Table, Validator};
use serde_json::{Value as Json, json};

/// What moves, as one side of it sees it.
#[derive(Clone, Debug)]
pub(crate) struct Moving {
    /// Whether this is a deployment of users, not main.
    pub(crate) is_users: bool,
    /// Whether several users have their documents on one deployment, by the manifest.
    pub(crate) is_shared: bool,
    /// In the order in which they move: those first that others can't be without.
    tables: Vec<(String, MovingTable)>,
    /// The tables of main whose ids say who is signed up.
    pub(crate) callers: BTreeSet<String>,
    /// Main's other tables, with the field that says whose a document is, if it is somebody's.
    pub(crate) others: BTreeMap<String, Option<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct MovingTable {
    pub(crate) found: Found,
    /// Where a document says whose it is, and whether by an id.
    pub(crate) owner: Option<(String, bool)>,
    /// What holds when a document was made, where it holds nothing else.
    pub(crate) created: Option<String>,
    /// What main's table takes.
    pub(crate) takes: Validator,
}

/// How a user's documents are found.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// All are theirs.
    All,
    Owner(By),
    /// By a document of another of these tables, which is theirs.
    Parent(By, BTreeSet<String>),
}

/// A field, and the index that begins with it.
#[derive(Clone, Debug)]
pub(crate) struct By {
    pub(crate) field: String,
    pub(crate) index: Option<String>,
}

impl Moving {
    /// `None` where nothing moves.
    pub(crate) fn of(manifest: &Manifest, is_users: bool) -> Option<Self> {
        let moves = manifest.moves.as_ref()?;
        let callers = callers(manifest);
        let main = manifest.main.schema.tables.iter();
        let users = main.filter(|table| manifest.user_tables.contains(&table.table_name));
        let mut tables = Vec::new();
        for table in users {
            let Some(found) = found(manifest, table) else {
                continue;
            };
            let owner = match &found {
                Found::Owner(by) => {
                    let is_id = !is_users && holds_id(table, &by.field, &callers);
                    Some((by.field.clone(), is_id))
                }
                _ => None,
            };
            let created = moves.created_at.clone();
            let moving = MovingTable {
                found,
                owner,
                created: created.filter(|field| takes_time(&table.document_type, field)),
                takes: table.document_type.clone(),
            };
            tables.push((table.table_name.clone(), moving));
        }
        let main = manifest.main.schema.tables.iter().filter(|table| {
            let name = &table.table_name;
            let is_ours = name.starts_with("byod") || name == "userDatabaseConfig";
            !is_ours && !manifest.user_tables.contains(name) && !callers.contains(name)
        });
        let others = main.filter_map(|table| {
            let name = table.table_name.clone();
            match owner_of(manifest, table, &callers) {
                Some(field) => Some((name, Some(field))),
                None if is_nobodys(table) => Some((name, None)),
                None => None,
            }
        });
        Some(Self {
            is_users,
            is_shared: manifest.ownership.deployments == Deployments::Shared,
            others: match is_users {
                true => BTreeMap::new(),
                false => others.collect(),
            },
            tables: ordered(manifest, tables),
            callers,
        })
    }

    /// On a deployment of one user, whose all documents are.
    pub(crate) fn of_one_user(mut self) -> Self {
        for (_, table) in &mut self.tables {
            table.found = Found::All;
        }
        self
    }

    pub(crate) fn table(&self, name: &str) -> Option<&MovingTable> {
        let mut tables = self.tables.iter();
        tables
            .find(|(table, _)| table == name)
            .map(|(_, table)| table)
    }

    /// What the service is told of it, in the order of the tables.
    pub(crate) fn plan(&self) -> String {
        let tables = self.tables.iter().map(|(name, table)| {
            let found = match &table.found {
                Found::All => json!({"by": "all"}),
                Found::Owner(by) => json!({"by": "owner", "field": by.field}),
                Found::Parent(by, parents) => {
                    json!({"by": "parent", "field": by.field, "parents": parents})
                }
            };
            let mut entry = json!({"found": found, "takes": table.takes});
            if let Some(created) = &table.created {
                entry["created"] = json!(created);
            }
            format!("{}:{entry}", Json::from(name.as_str()))
        });
        format!("{{{}}}", tables.collect::<Vec<_>>().join(","))
    }
}

fn subjects(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let injected = manifest.inject.iter();
    let subjects = injected.filter(|(_, injection)| **injection == Injection::Subject);
    subjects.map(|(name, _)| name.as_str())
}

fn callers(manifest: &Manifest) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for table in &manifest.main.schema.tables {
        table.document_type.visit_ids(&mut |path, of| {
            if subjects(manifest).any(|name| name == path) && !manifest.user_tables.contains(of) {
                found.insert(of.to_owned());
            }
        });
    }
    if found.is_empty() && manifest.main.schema.table("users").is_some() {
        found.insert("users".to_owned());
    }
    found
}

/// The field that says whose a document of main's is: one of the subject's name, or the only one with an id of who is
/// signed up.
fn owner_of(manifest: &Manifest, table: &Table, callers: &BTreeSet<String>) -> Option<String> {
    let kinds = objects(&table.document_type);
    let has = |name: &str| kinds.iter().any(|kind| kind.get(name).is_some());
    let stated = manifest.ownership.owner.get(&table.table_name);
    let stated = stated.map(String::as_str).filter(|name| has(name));
    if let Some(name) = stated.or_else(|| subjects(manifest).find(|name| has(name))) {
        return Some(name.to_owned());
    }
    let mut fields = BTreeSet::new();
    table.document_type.visit_ids(&mut |path, of| {
        if callers.contains(of) {
            fields.insert(path.to_owned());
        }
    });
    let mut fields = fields.into_iter();
    let only = fields.next().filter(|path| !path.contains(['.', '[']));
    only.filter(|_| fields.next().is_none())
}

/// Whether its documents refer to nothing that could be somebody's.
fn is_nobodys(table: &Table) -> bool {
    let mut refers = false;
    table
        .document_type
        .visit_ids(&mut |_, of| refers |= !of.starts_with('_'));
    !refers
}

/// How a user's documents of the table are found; `None` where they are everybody's.
fn found(manifest: &Manifest, table: &Table) -> Option<Found> {
    let stated = manifest.ownership.owner.get(&table.table_name);
    if stated.is_none() && manifest.ownership.common.contains(&table.table_name) {
        return None;
    }
    let has = |field: &str| {
        let kinds = objects(&table.document_type);
        kinds.iter().any(|kind| kind.get(field).is_some())
    };
    let field = match stated {
        Some(field) => field.as_str(),
        None => subjects(manifest).find(|name| has(name))?,
    };
    let mut parents = BTreeSet::new();
    table.document_type.visit_ids(&mut |path, of| {
        if path == field && manifest.user_tables.contains(of) {
            parents.insert(of.to_owned());
        }
    });
    let begins =
        |index: &&byod_schema::Index| index.fields.first().is_some_and(|first| first == field);
    let indexes = table.indexes.iter().filter(begins);
    // In the order in which documents are made, where there is one.
    let index = indexes.min_by_key(|index| index.fields.len());
    let by = By {
        field: field.to_owned(),
        index: index.map(|index| index.index_descriptor.clone()),
    };
    Some(match parents.is_empty() {
        true => Found::Owner(by),
        false => Found::Parent(by, parents),
    })
}

fn holds_id(table: &Table, field: &str, callers: &BTreeSet<String>) -> bool {
    let mut holds = false;
    table
        .document_type
        .visit_ids(&mut |path, of| holds |= path == field && callers.contains(of));
    holds
}

/// Whether every document has room for a time there.
fn takes_time(document: &Validator, field: &str) -> bool {
    let kinds = objects(document);
    let is_time = |kind: &&Fields| {
        let field = kind.get(field);
        field.is_some_and(|field| field.field_type == Validator::Number)
    };
    !kinds.is_empty() && kinds.iter().all(is_time)
}

fn objects(document: &Validator) -> Vec<&Fields> {
    match document {
        Validator::Object { value } => vec![value],
        Validator::Union { value } => value.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}

fn ordered(
    manifest: &Manifest,
    mut left: Vec<(String, MovingTable)>,
) -> Vec<(String, MovingTable)> {
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let names: BTreeSet<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
        let free = |place: &(String, MovingTable), needs: &BTreeSet<String>| {
            let mut needs = needs.iter();
            needs.all(|of| *of == place.0 || !names.contains(of.as_str()))
        };
        let first = left.iter().position(|one| {
            let mut needs = BTreeSet::new();
            required(&one.1.takes, &mut needs);
            free(one, &needs)
        });
        // Rings: what is found by another comes after it all the same.
        let first = first.or_else(|| {
            left.iter().position(|one| {
                let table = manifest.main.schema.table(&one.0);
                match table.and_then(|table| found(manifest, table)) {
                    Some(Found::Parent(_, parents)) => free(one, &parents),
                    _ => true,
                }
            })
        });
        ordered.push(left.remove(first.unwrap_or(0)));
    }
    ordered
}

/// The tables without whose ids no such value can be.
fn required(validator: &Validator, needs: &mut BTreeSet<String>) {
    match validator {
        Validator::Id { table_name } => {
            needs.insert(table_name.clone());
        }
        Validator::Object { value } => {
            let fields = value.iter().map(|(_, field)| field);
            for field in fields.filter(|field| !field.optional) {
                required(&field.field_type, needs);
            }
        }
        Validator::Union { value } => value.iter().for_each(|of| required(of, needs)),
        _ => {}
    }
}
