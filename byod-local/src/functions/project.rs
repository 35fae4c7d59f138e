//! Which tables and functions a deployment has, taken from the manifest.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{
    Field, Fields, Function, FunctionPath, IDEMPOTENCY_TABLE, Injection, Manifest, Runs, Schema,
    Validator, idempotency_table,
};

use super::idempotency::{self, Keyed};
use super::moving::Moving;

/// What one deployment runs.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) schema: Schema,
    pub(crate) functions: BTreeMap<FunctionPath, Function>,
    /// Arguments that the runtime fills in; a table need not have a field for each.
    pub(crate) injected: BTreeSet<String>,
    /// The field that says whose a document is, where the table has none of its own.
    pub(crate) owner: String,
    /// By table, the field of its own.
    owners: BTreeMap<String, String>,
    /// Whether it is a user's deployment, where every document that can have an
    /// owner has one.
    pub(crate) is_of_user: bool,
    /// What moves between main and users' deployments, if anything does.
    pub(crate) moving: Option<Moving>,
    /// Whether users' deployments have copies of main's documents.
    pub(crate) has_copies: bool,
    /// The mutations that take an idempotency key.
    pub(crate) keyed: BTreeMap<FunctionPath, Keyed>,
}

impl Project {
    /// The service's own deployment.
    pub(crate) fn main(manifest: &Manifest) -> Self {
        Self {
            schema: manifest.main.schema.clone(),
            functions: manifest.main.functions.clone(),
            injected: BTreeSet::new(),
            owner: owner(manifest),
            owners: owners(manifest),
            is_of_user: false,
            moving: Moving::of(manifest, false),
            has_copies: !manifest.mirror.is_default(),
            keyed: BTreeMap::new(),
        }
    }

    /// A user's deployment: the project that the manifest names, or else main's
    /// user tables and the functions that run there with the injected arguments added.
    pub(crate) fn user(manifest: &Manifest) -> Self {
        let mut project = match &manifest.user {
            Some(user) => Self::of_user(manifest, user.schema.clone(), user.functions.clone()),
            None => Self::from_main(manifest),
        };
        let schema = &mut project.schema;
        if !project.keyed.is_empty() && schema.table(IDEMPOTENCY_TABLE).is_none() {
            schema.tables.push(idempotency_table());
        }
        project
    }

    fn of_user(
        manifest: &Manifest,
        schema: Schema,
        functions: BTreeMap<FunctionPath, Function>,
    ) -> Self {
        let owner = owner(manifest);
        Self {
            schema,
            functions,
            injected: manifest.inject.keys().cloned().collect(),
            is_of_user: true,
            moving: Moving::of(manifest, true),
            has_copies: !manifest.mirror.is_default(),
            keyed: idempotency::keyed(manifest, &owner),
            owner,
            owners: owners(manifest),
        }
    }

    /// The field that says whose a document of the table is.
    pub(crate) fn owner_of(&self, table: &str) -> &str {
        self.owners.get(table).unwrap_or(&self.owner)
    }

    fn from_main(manifest: &Manifest) -> Self {
        let is_user_table = |table: &str| manifest.user_tables.contains(table);
        let mut schema = manifest.main.schema.clone();
        schema
            .tables
            .retain(|table| is_user_table(&table.table_name));
        for table in &mut schema.tables {
            table.document_type = without_main_ids(&table.document_type, &manifest.user_tables);
        }
        let functions = manifest
            .main
            .functions
            .iter()
            .filter(|(path, _)| manifest.runs(path) == Runs::User)
            .map(|(path, function)| (path.clone(), with_injected(path, function, manifest)))
            .collect();
        Self::of_user(manifest, schema, functions)
    }
}

/// The fields of `[user.owner]` that name the owner, and not a parent.
fn owners(manifest: &Manifest) -> BTreeMap<String, String> {
    let names_them = |table: &str, field: &str| {
        let table = manifest.main.schema.table(table);
        let fields = table.and_then(|table| table.document_type.as_object());
        let field = fields.and_then(|fields| fields.get(field));
        field.is_some_and(|field| match &field.field_type {
            Validator::String => true,
            Validator::Id { table_name } => !manifest.user_tables.contains(table_name),
            _ => false,
        })
    };
    let owner = manifest.ownership.owner.iter();
    let owner = owner.filter(|(table, field)| names_them(table, field));
    owner
        .map(|(table, field)| (table.clone(), field.clone()))
        .collect()
}

/// The argument that the user's subject is injected as; it is the field that
/// documents keep their owner in. `userId` where nothing is injected.
fn owner(manifest: &Manifest) -> String {
    let mut injected = manifest.inject.iter();
    let subject = injected.find(|(_, injection)| **injection == Injection::Subject);
    subject.map_or("userId", |(name, _)| name).to_owned()
}

/// The function as the user's deployment declares it: with the arguments that
/// the runtime injects.
fn with_injected(path: &FunctionPath, function: &Function, manifest: &Manifest) -> Function {
    let tables = &manifest.user_tables;
    let mut args = without_main_ids(&function.args, tables);
    if let Validator::Object { value: fields } = &mut args {
        let injected = manifest.injected(path);
        let own = fields
            .iter()
            .filter(|(name, _)| injected.iter().all(|(injected, _)| injected != name))
            .map(|(name, field)| (name, field.clone()));
        let injected = injected.iter().map(|(name, injection)| {
            let field = match injection {
                Injection::Subject => Field::required(Validator::String),
                Injection::Now => Field::required(Validator::Number),
                Injection::IdempotencyKey => Field {
                    optional: true,
                    ..Field::required(Validator::String)
                },
            };
            (*name, field)
        });
        *fields = own.chain(injected).collect();
    }
    Function {
        args,
        returns: function
            .returns
            .as_ref()
            .map(|returns| without_main_ids(returns, tables)),
        ..*function
    }
}

/// The validator with `v.id()` of every table that is not on the user's
/// deployment turned into `v.string()`.
fn without_main_ids(validator: &Validator, user_tables: &BTreeSet<String>) -> Validator {
    let below = |validator: &Validator| without_main_ids(validator, user_tables);
    let field = |field: &Field| Field {
        field_type: below(&field.field_type),
        optional: field.optional,
    };
    match validator {
        // System tables, such as `_storage`, are on every deployment.
        Validator::Id { table_name }
            if !table_name.starts_with('_') && !user_tables.contains(table_name) =>
        {
            Validator::String
        }
        Validator::Array { value } => Validator::Array {
            value: Box::new(below(value)),
        },
        Validator::Record { keys, values } => Validator::Record {
            keys: Box::new(below(keys)),
            values: Box::new(field(values)),
        },
        Validator::Object { value } => Validator::Object {
            value: value
                .iter()
                .map(|(name, f)| (name, field(f)))
                .collect::<Fields>(),
        },
        Validator::Union { value } => Validator::Union {
            value: value.iter().map(below).collect(),
        },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::manifest;

    fn args(project: &Project, path: &str) -> String {
        project.functions[&path.parse().unwrap()].args.to_string()
    }

    #[test]
    fn main_serves_everything_as_it_was_declared() {
        let project = Project::main(&manifest());
        assert!(project.schema.table("users").is_some());
        assert_eq!(
            args(&project, "notes:create"),
            r#"v.object({ title: v.string(), folderId: v.optional(v.id("folders")) })"#
        );
    }

    #[test]
    fn without_a_project_of_their_own_users_get_the_user_tables_of_main() {
        let project = Project::user(&manifest());
        let tables: Vec<_> = project.schema.table_names().collect();
        assert_eq!(tables, ["folders", "notes"]);
        assert_eq!(
            args(&project, "notes:create"),
            r#"v.object({ title: v.string(), folderId: v.optional(v.id("folders")), createdAt: v.number(), updatedAt: v.number(), userId: v.string() })"#
        );
        assert_eq!(
            args(&project, "notes:get"),
            r#"v.object({ id: v.id("notes"), userId: v.string() })"#
        );
        assert!(!project.functions.contains_key(&"users:me".parse().unwrap()));
        let owner = project.schema.tables[1].document_type.as_object().unwrap();
        assert_eq!(owner.get("userId").unwrap().to_string(), "v.string()");
    }

    #[test]
    fn the_owner_is_what_the_subject_is_injected_as() {
        let mut manifest = manifest();
        assert_eq!(Project::main(&manifest).owner, "userId");
        manifest.inject.remove("userId");
        manifest.inject.insert("ownerId".into(), Injection::Subject);
        assert_eq!(Project::user(&manifest).owner, "ownerId");
        assert_eq!(
            args(&Project::user(&manifest), "notes:get"),
            r#"v.object({ id: v.id("notes"), ownerId: v.string() })"#
        );
    }

    #[test]
    fn an_owner_that_main_takes_as_an_id_is_the_subject_here() {
        let mut manifest = manifest();
        let get = manifest
            .main
            .functions
            .get_mut(&"notes:get".parse().unwrap());
        let users = Validator::Id {
            table_name: "users".to_owned(),
        };
        get.unwrap().args = Validator::Object {
            value: [("userId", Field::required(users))].into_iter().collect(),
        };
        assert_eq!(
            args(&Project::user(&manifest), "notes:get"),
            "v.object({ userId: v.string() })"
        );
    }
}
