//! `list`, `get`, `create`, `update` and `remove` of a table, by what their
//! arguments are called: fields of the table, the document's id, `limit`,
//! `paginationOpts`, and the owner.

use std::collections::BTreeSet;
use std::sync::Arc;

use byod_schema::{Field, Fields, Function, FunctionPath, Table, Validator, Value};

use crate::error::FunctionError;
use crate::functions::Body;
use crate::functions::Ctx;
use crate::functions::Project;
use crate::store::field_of;
use crate::values::Object;
use crate::values::compare;

/// Objects that hold the changes of an update.
const CHANGES: [&str; 4] = ["patch", "fields", "updates", "changes"];

/// One of the five functions of one table.
struct Crud {
    path: FunctionPath,
    table: Table,
    /// The argument that is the document's id.
    id: Option<String>,
    /// The field that says whose a document is, where documents have an owner.
    owner: Option<(String, Validator)>,
    /// The argument that the caller's subject is injected as.
    subject: String,
    /// The index by which an owner's documents are ordered.
    index: Option<String>,
    injected: BTreeSet<String>,
    /// Whether it says which arguments it takes: what else a document needs, it fills in.
    is_declared: bool,
}

/// Whose documents a call is about.
struct Owner {
    field: String,
    value: Value,
}

type Operation = fn(&Crud, &mut Ctx<'_>, Object) -> Result<Value, FunctionError>;

/// The implementation of a declared function, if it is one of the five.
pub(crate) fn body(
    path: &FunctionPath,
    declared: &Function,
    table: &Table,
    project: &Project,
) -> Option<Body> {
    let (operation, needs_id): (Operation, bool) = match path.name.as_str() {
        "list" => (Crud::list, false),
        "get" => (Crud::get, true),
        "create" => (Crud::create, false),
        "update" => (Crud::update, true),
        "remove" => (Crud::remove, true),
        _ => return None,
    };
    let id = id_argument(declared, table);
    if needs_id && id.is_none() {
        return None;
    }
    let owner = project.owner_of(&table.table_name);
    let crud = Crud {
        path: path.clone(),
        table: table.clone(),
        id: id.filter(|_| needs_id),
        owner: field_of(table, owner)
            .filter(|field| !field.optional || project.is_of_user)
            .map(|field| (owner.to_owned(), field.field_type.clone())),
        subject: project.owner.clone(),
        index: table
            .indexes
            .iter()
            .find(|index| index.fields.first().is_some_and(|first| first == owner))
            .map(|index| index.index_descriptor.clone()),
        injected: project.injected.clone(),
        is_declared: declared.args.as_object().is_some(),
    };
    Some(Arc::new(move |ctx, args| operation(&crud, ctx, args)))
}

/// The argument that holds the document's id: by its validator, else by its name.
fn id_argument(declared: &Function, table: &Table) -> Option<String> {
    let name = &table.table_name;
    let by_name = ["id".to_owned(), format!("{}Id", singular(name))];
    let Some(args) = declared.args.as_object() else {
        return Some(by_name[0].clone());
    };
    let is_id = |field: &Field| matches!(&field.field_type, Validator::Id { table_name } if table_name == name);
    let named = by_name.iter().find(|name| args.get(name).is_some());
    let typed = || {
        let mut ids = args.iter().filter(|(_, field)| is_id(field));
        // `parentId` of the same table is a field, not the document itself.
        ids.find(|(name, _)| field_of(table, name).is_none())
    };
    named
        .cloned()
        .or_else(|| typed().map(|(name, _)| name.to_owned()))
}

fn singular(table: &str) -> String {
    match table.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => table.strip_suffix('s').unwrap_or(table).to_owned(),
    }
}

impl Crud {
    fn list(&self, ctx: &mut Ctx<'_>, mut args: Object) -> Result<Value, FunctionError> {
        let owner = self.owner(ctx, &mut args)?;
        let limit = self.not_a_field("limit", &mut args);
        let pages = self.not_a_field("paginationOpts", &mut args);
        let mut query = ctx.query(&self.table.table_name).desc();
        if let Some(index) = &self.index {
            query = query.index(index);
        }
        for (field, value) in self.fields(args)? {
            // As applications mean it: what was never archived is not archived.
            let or_absent = value == Value::Boolean(false);
            query = query.filter(move |document| match document.at(&field) {
                None => or_absent,
                found => compare(found, Some(&value)).is_eq(),
            });
        }
        if let Some(Owner { field, value }) = owner {
            query = query.eq(field, value);
        }
        if let Some(options) = pages {
            return Ok(query.paginate(&options)?.into());
        }
        let limit = match limit {
            None | Some(Value::Null) => usize::MAX,
            Some(Value::Float64(limit)) if limit >= 0.0 && limit.fract() == 0.0 => limit as usize,
            // As `take` of Convex says it.
            Some(_) => {
                return Err(FunctionError::Refused(
                    "Uncaught TypeError: Arg 1 `n` to `take` must be a non-negative integer".into(),
                ));
            }
        };
        let documents = query.take(limit)?;
        Ok(Value::Array(
            documents.into_iter().map(Into::into).collect(),
        ))
    }

    fn get(&self, ctx: &mut Ctx<'_>, mut args: Object) -> Result<Value, FunctionError> {
        let owner = self.owner(ctx, &mut args)?;
        let id = self.id(&mut args)?;
        self.fields(args)?;
        let found = self.find(ctx, &id, owner.as_ref());
        Ok(found.map_or(Value::Null, Into::into))
    }

    fn create(&self, ctx: &mut Ctx<'_>, mut args: Object) -> Result<Value, FunctionError> {
        let owner = self.owner(ctx, &mut args)?;
        let mut document = self.fields(args)?;
        self.take_cleared(&mut document);
        if let Some(Owner { field, value }) = owner {
            document.set(field, value);
        }
        stamp(
            &self.table,
            &mut document,
            &["createdAt", "updatedAt"],
            ctx.now(),
        );
        self.complete(ctx, &mut document)?;
        Ok(ctx.insert(&self.table.table_name, document)?.into())
    }

    fn update(&self, ctx: &mut Ctx<'_>, mut args: Object) -> Result<Value, FunctionError> {
        let owner = self.owner(ctx, &mut args)?;
        let id = self.id(&mut args)?;
        // Injected into every mutation; an update does not create.
        if self.injected.contains("createdAt") {
            args.remove("createdAt");
        }
        let nested: Vec<_> = CHANGES
            .iter()
            .filter_map(|name| self.not_a_field(name, &mut args))
            .collect();
        let mut changes = self.fields(args)?;
        for changed in nested {
            for (field, value) in Object::try_from(changed)? {
                changes.set(field, value);
            }
        }
        self.own(ctx, &id, owner.as_ref())?;
        stamp(&self.table, &mut changes, &["updatedAt"], ctx.now());
        let cleared = self.take_cleared(&mut changes);
        ctx.patch(&id, changes)?;
        for field in cleared {
            ctx.unset(&id, &field)?;
        }
        Ok(Value::Null)
    }

    fn remove(&self, ctx: &mut Ctx<'_>, mut args: Object) -> Result<Value, FunctionError> {
        let owner = self.owner(ctx, &mut args)?;
        let id = self.id(&mut args)?;
        self.fields(args)?;
        self.own(ctx, &id, owner.as_ref())?;
        ctx.delete(&id)?;
        Ok(Value::Null)
    }

    /// What is required of the document and no argument of the function, it fills in by
    /// itself: here with what is plainest, or with who calls.
    fn complete(&self, ctx: &Ctx<'_>, document: &mut Object) -> Result<(), FunctionError> {
        let Some(fields) = self.table.document_type.as_object() else {
            return Ok(());
        };
        let required = fields.iter().filter(|(_, field)| !field.optional);
        for (name, field) in required.filter(|_| self.is_declared) {
            if document.get(name).is_some() {
                continue;
            }
            let of_caller = |table| ctx.user(table).ok()?.remove("_id");
            let value = match &field.field_type {
                Validator::Id { table_name } => of_caller(table_name),
                other => other.plainest(),
            };
            let Some(value) = value else {
                let path = &self.path;
                return Err(FunctionError::new(format!(
                    "what `{path}` gives the field `{name}` is not known here: register .function(\"{path}\", |ctx, args| …)"
                )));
            };
            document.set(name, value);
        }
        Ok(())
    }

    /// Whose documents the call is about: the argument, else the caller.
    fn owner(&self, ctx: &Ctx<'_>, args: &mut Object) -> Result<Option<Owner>, FunctionError> {
        let Some((field, validator)) = &self.owner else {
            return Ok(None);
        };
        let given = args.remove(field).or_else(|| {
            let is_injected = self.injected.contains(&self.subject);
            is_injected.then(|| args.remove(&self.subject)).flatten()
        });
        let value = match (given, users_table(validator)) {
            (Some(given), _) => given,
            (None, None) => ctx.subject()?.into(),
            (None, Some(table)) => ctx.user(table)?.remove("_id").unwrap_or(Value::Null),
        };
        let field = field.clone();
        Ok(Some(Owner { field, value }))
    }

    fn id(&self, args: &mut Object) -> Result<String, FunctionError> {
        let name = self.id.as_deref().unwrap_or("id");
        match args.remove(name) {
            Some(Value::String(id)) => Ok(id),
            _ => Err(FunctionError::new(format!(
                "the argument `{name}` is missing"
            ))),
        }
    }

    /// Takes an argument that the table does not have as a field.
    fn not_a_field(&self, name: &str, args: &mut Object) -> Option<Value> {
        match field_of(&self.table, name) {
            Some(_) => None,
            None => args.remove(name),
        }
    }

    /// The arguments that are fields of the table; what the runtime injects
    /// need not be.
    fn fields(&self, args: Object) -> Result<Object, FunctionError> {
        let any_field = matches!(self.table.document_type, Validator::Any);
        let mut fields = Object::default();
        for (name, value) in args {
            if any_field || field_of(&self.table, &name).is_some() {
                fields.set(name, value);
            } else if !self.injected.contains(&name) {
                let path = &self.path;
                return Err(FunctionError::new(format!(
                    "what the argument `{name}` of `{path}` means is not known here: register .function(\"{path}\", |ctx, args| …)"
                )));
            }
        }
        Ok(fields)
    }

    /// Takes out the fields that are null where the table has no null but the
    /// field may be absent: by convention, null takes such a field away.
    fn take_cleared(&self, fields: &mut Object) -> Vec<String> {
        let is_cleared = |name: &str, value: &Value| {
            *value == Value::Null
                && field_of(&self.table, name)
                    .is_some_and(|field| field.optional && !accepts_null(&field.field_type))
        };
        let cleared = fields
            .iter()
            .filter(|(name, value)| is_cleared(name, value));
        let cleared: Vec<_> = cleared.map(|(name, _)| name.to_owned()).collect();
        for name in &cleared {
            fields.remove(name);
        }
        cleared
    }

    /// The document, unless it is of another table or another owner.
    fn find(&self, ctx: &Ctx<'_>, id: &str, owner: Option<&Owner>) -> Option<Object> {
        let in_table = ctx.ids().table_of(id) == Some(&self.table.table_name);
        ctx.get(id).filter(|document| {
            in_table && owner.is_none_or(|owner| document.get(&owner.field) == Some(&owner.value))
        })
    }

    /// Fails where the document is not the owner's. Where documents have no
    /// owner, the database says what is missing.
    fn own(&self, ctx: &Ctx<'_>, id: &str, owner: Option<&Owner>) -> Result<(), FunctionError> {
        if owner.is_some() && self.find(ctx, id, owner).is_none() {
            let data = [("code", "not_found"), ("message", "No such document")];
            return Err(FunctionError::convex(Value::from_iter(data)));
        }
        Ok(())
    }
}

/// Sets each of these fields to the present time where the table requires it
/// and it was not given.
pub(crate) fn stamp(table: &Table, fields: &mut Object, names: &[&str], now: f64) {
    for name in names {
        let required = field_of(table, name)
            .is_some_and(|field| !field.optional && field.field_type == Validator::Number);
        if required && fields.get(name).is_none() {
            fields.set(*name, now);
        }
    }
}

/// The table whose documents own others, where the owner is an id.
fn users_table(owner: &Validator) -> Option<&str> {
    match owner {
        Validator::Id { table_name } => Some(table_name),
        Validator::Union { value } => value.iter().find_map(users_table),
        _ => None,
    }
}

fn accepts_null(validator: &Validator) -> bool {
    match validator {
        Validator::Any | Validator::Null | Validator::Other(_) => true,
        Validator::Union { value } => value.iter().any(accepts_null),
        _ => false,
    }
}

/// The fields of an object, or of every object in a union.
pub(crate) fn objects(validator: &Validator) -> Vec<&Fields> {
    match validator {
        Validator::Object { value } => vec![value],
        Validator::Union { value } => value.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}
