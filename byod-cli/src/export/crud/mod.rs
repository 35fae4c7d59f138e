//! Functions that are written anew, where main's can't be carried over: `list`
//! (also page by page), `get`, `create`, `update` and `remove`, recognized by name,
//! kind and arguments together.

mod list;

use byod_schema::{
    Field, Fields, Function, FunctionPath, FunctionType, Injection, Manifest, Table, Validator,
};

use super::validators;
use crate::layout::{Code, is_reserved, property, string};
use crate::owners::Owners;

/// Objects that hold the changes of an update.
const CHANGES: [&str; 4] = ["patch", "fields", "updates", "changes"];

/// A function that was written anew.
pub(crate) struct Written {
    pub(crate) text: String,
    /// What a person should know of it.
    pub(crate) note: Option<String>,
    /// Uses `matches` of `byod/owner`.
    pub(crate) matches: bool,
}

/// Why it is none of the five, in words that complete "it …".
type Reason = String;

enum Kind {
    List,
    Get { id: String },
    Create,
    Update { id: String },
    Remove { id: String },
}

struct Writer<'a> {
    manifest: &'a Manifest,
    table: &'a Table,
    path: &'a FunctionPath,
    function: &'a Function,
    args: &'a Fields,
    fields: &'a Fields,
}

pub(crate) fn write(
    manifest: &Manifest,
    table: &Table,
    path: &FunctionPath,
    function: &Function,
) -> Result<Written, Reason> {
    let Some(args) = function.args.as_object() else {
        return Err("declares no `args`".to_owned());
    };
    let Some(fields) = table.document_type.as_object() else {
        return Err(format!(
            "is of `{}`, whose documents are no plain objects",
            table.table_name
        ));
    };
    let writer = Writer {
        manifest,
        table,
        path,
        function,
        args,
        fields,
    };
    let kind = writer.kind()?;
    writer.check_returns(&kind)?;
    match kind {
        Kind::List => writer.list(),
        Kind::Get { id } => Ok(writer.get(&id)),
        Kind::Create => writer.create(),
        Kind::Update { id } => writer.update(&id),
        Kind::Remove { id } => Ok(writer.remove(&id)),
    }
}

impl Writer<'_> {
    fn kind(&self) -> Result<Kind, Reason> {
        let (verb, of_many) = self.verb();
        let id = || self.id();
        let kind = match (verb.as_str(), self.function.function_type) {
            (
                "list" | "all" | "listall" | "getall" | "findall" | "page" | "paginate"
                | "listpaginated" | "getpage" | "listmine" | "getmine" | "mine",
                FunctionType::Query,
            ) => Some(Kind::List),
            ("get" | "getmany" | "find", FunctionType::Query) if of_many && id().is_none() => {
                Some(Kind::List)
            }
            (
                "get" | "getbyid" | "byid" | "getone" | "find" | "findbyid" | "read" | "load",
                FunctionType::Query,
            ) => id()
                .filter(|_| self.args.len() == 1)
                .map(|id| Kind::Get { id }),
            ("create" | "add" | "insert" | "new", FunctionType::Mutation) => Some(Kind::Create),
            ("update" | "edit" | "patch" | "modify", FunctionType::Mutation) => {
                id().map(|id| Kind::Update { id })
            }
            ("remove" | "delete" | "del" | "destroy", FunctionType::Mutation) => id()
                .filter(|_| self.args.len() == 1)
                .map(|id| Kind::Remove { id }),
            _ => None,
        };
        kind.ok_or_else(|| {
            "is none of list, get, create, update and remove by its name, kind and arguments"
                .to_owned()
        })
    }

    /// The name without the table's, in lower case, and whether that was plural.
    fn verb(&self) -> (String, bool) {
        let name = self.path.name.to_lowercase();
        let table = self.table.table_name.to_lowercase();
        let one = match table.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => table.strip_suffix('s').unwrap_or(&table).to_owned(),
        };
        let bare = |noun: &str| {
            let rest = name.replacen(noun, "", 1);
            (!rest.is_empty() && rest != name).then_some(rest)
        };
        if let Some(rest) = bare(&table) {
            return (rest, true);
        }
        match bare(&one) {
            Some(rest) => (rest, false),
            None => (name, false),
        }
    }

    /// The argument that is the document's id. `parentId` of the same table is a
    /// field, not the document itself.
    fn id(&self) -> Option<String> {
        let is_id = |field: &Field| {
            !field.optional
                && matches!(&field.field_type, Validator::Id { table_name } if *table_name == self.table.table_name)
        };
        let mut ids = self
            .args
            .iter()
            .filter(|(name, field)| is_id(field) && self.fields.get(name).is_none());
        let found = ids.next().map(|(name, _)| name.to_owned());
        found.filter(|_| ids.next().is_none())
    }

    /// What main says it returns must be what is returned here.
    fn check_returns(&self, kind: &Kind) -> Result<(), Reason> {
        let Some(returns) = &self.function.returns else {
            return Ok(());
        };
        let fits = match (kind, returns) {
            (_, Validator::Any) => true,
            (Kind::Create, Validator::Id { table_name }) => *table_name == self.table.table_name,
            (Kind::Update { .. } | Kind::Remove { .. }, Validator::Null) => true,
            (Kind::Get { .. }, Validator::Union { value }) => {
                value.len() == 2
                    && value.contains(&Validator::Null)
                    && value.iter().any(|member| self.is_document(member))
            }
            (Kind::List, Validator::Array { value }) => self.is_document(value),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(format!(
            "returns {returns}, which only main's code knows how to make"
        ))
    }

    fn is_document(&self, validator: &Validator) -> bool {
        validator.as_object().is_some_and(|object| {
            object.len() == self.fields.len() + 2
                && object.get("_id").is_some()
                && object.get("_creationTime").is_some()
                && self
                    .fields
                    .iter()
                    .all(|(name, field)| object.get(name) == Some(field))
        })
    }

    /// Arguments that are neither of these nor fields of the table have a meaning
    /// that only main knows.
    fn check_fields(&self, others: &[&str]) -> Result<(), Reason> {
        for (name, arg) in self.args.iter().filter(|(name, _)| !others.contains(name)) {
            match self.fields.get(name) {
                Some(field) if field.field_type == arg.field_type => {}
                Some(field) => {
                    return Err(format!(
                        "takes `{name}` as {}, but the table has {}",
                        arg.field_type, field.field_type
                    ));
                }
                None => return Err(format!("takes `{name}`, which is no field of the table")),
            }
        }
        Ok(())
    }

    fn injected(&self, injection: Injection) -> impl Iterator<Item = &str> {
        let all = self.manifest.inject.iter();
        all.filter(move |(_, i)| **i == injection)
            .map(|(name, _)| name.as_str())
    }

    /// The field that says whose a document is.
    fn owner(&self) -> Option<&str> {
        Owners::of(self.manifest, self.table)
            .fields()
            .first()
            .copied()
    }

    fn get(&self, id: &str) -> Written {
        let body = format!("    return await ctx.db.get({});\n", self.read(id));
        self.simple(&body)
    }

    fn create(&self) -> Result<Written, Reason> {
        self.check_fields(&[])?;
        let mut members = vec!["...args".to_owned()];
        let times: Vec<&str> = self.injected(Injection::Now).collect();
        for (name, field) in self.fields.iter() {
            if self
                .args
                .get(name)
                .is_some_and(|arg| !arg.optional || field.optional)
            {
                continue;
            }
            if self
                .injected(Injection::Subject)
                .any(|subject| subject == name)
            {
                members.push(format!("{}: ctx.owner", property(name)));
            } else if times.contains(&name) && field.field_type == Validator::Number {
                members.push(format!("{}: ctx.time()", property(name)));
            } else if !field.optional {
                return Err(format!(
                    "takes no `{name}`, which the table `{}` requires",
                    self.table.table_name
                ));
            }
        }
        let table = string(&self.table.table_name);
        let insert = call("    return await ", "ctx.db.insert", &table, &members);
        Ok(self.simple(&insert))
    }

    fn update(&self, id: &str) -> Result<Written, Reason> {
        let nested: Vec<&str> = CHANGES
            .into_iter()
            .filter(|name| {
                self.fields.get(name).is_none()
                    && self
                        .args
                        .get(name)
                        .is_some_and(|f| !f.optional && f.field_type.as_object().is_some())
            })
            .collect();
        let others: Vec<&str> = nested.iter().copied().chain([id]).collect();
        self.check_fields(&others)?;
        for name in &nested {
            let changes = self
                .args
                .get(name)
                .and_then(|field| field.field_type.as_object());
            for (name, change) in changes.iter().flat_map(|changes| changes.iter()) {
                if self
                    .fields
                    .get(name)
                    .is_none_or(|f| f.field_type != change.field_type)
                {
                    return Err(format!(
                        "changes `{name}`, which the table has not or otherwise"
                    ));
                }
            }
        }
        if self
            .injected(Injection::Subject)
            .any(|name| self.args.get(name).is_some())
        {
            return Err("changes whose document it is".to_owned());
        }
        let (mut members, head, target) = match nested.as_slice() {
            [] => {
                let head = format!(
                    "    const {{ {}, ...changes }} = args;\n",
                    shorthand(id, "id")
                );
                (vec!["...changes".to_owned()], head, "id".to_owned())
            }
            [one] if self.args.len() == 2 => (
                vec![format!("...{}", self.read(one))],
                String::new(),
                self.read(id),
            ),
            _ => return Err("takes an object of changes and more".to_owned()),
        };
        if self.fields.get("updatedAt").is_some()
            && self
                .injected(Injection::Now)
                .any(|name| name == "updatedAt")
            && self.args.get("updatedAt").is_none()
        {
            members.push("updatedAt: ctx.time()".to_owned());
        }
        let patch = call("    await ", "ctx.db.patch", &target, &members);
        Ok(self.simple(&format!("{head}{patch}    return null;\n")))
    }

    fn remove(&self, id: &str) -> Written {
        let body = format!(
            "    await ctx.db.delete({});\n    return null;\n",
            self.read(id)
        );
        self.simple(&body)
    }

    fn arg(&self, name: &str) -> Code {
        Code::text(self.read(name))
    }

    fn read(&self, name: &str) -> String {
        if crate::layout::is_identifier(name) {
            format!("args.{name}")
        } else {
            format!("args[{}]", string(name))
        }
    }

    fn simple(&self, body: &str) -> Written {
        Written {
            text: self.text(true, body),
            note: None,
            matches: false,
        }
    }

    fn text(&self, takes_args: bool, body: &str) -> String {
        let tables = &self.manifest.user_tables;
        let args = validators::fields(self.args, tables).print(2, "  args: ".len(), 1);
        let returns = self
            .function
            .returns
            .as_ref()
            .map_or(String::new(), |returns| {
                let code = validators::code(returns, tables).print(2, "  returns: ".len(), 1);
                format!("  returns: {code},\n")
            });
        let builder = builder(self.function.function_type);
        let parameters = if takes_args { "(ctx, args)" } else { "(ctx)" };
        let name = &self.path.name;
        // `delete` and `default` are exported, but can't be declared.
        let (head, tail) = if is_reserved(name) {
            let export = format!("\nexport {{ {name}_ as {name} }};\n");
            (format!("const {name}_"), export)
        } else {
            (format!("export const {name}"), String::new())
        };
        format!(
            "{head} = {builder}({{\n  args: {args},\n{returns}  handler: async {parameters} => {{\n{body}  }},\n}});\n{tail}"
        )
    }
}

/// A statement that calls `callee(first, { members })`.
fn call(before: &str, callee: &str, first: &str, members: &[String]) -> String {
    let flat = format!("{before}{callee}({first}, {{ {} }});\n", members.join(", "));
    if flat.len() <= 81 {
        return flat;
    }
    let lines: String = members.iter().map(|m| format!("      {m},\n")).collect();
    format!("{before}{callee}({first}, {{\n{lines}    }});\n")
}

/// `id`, or `name: id`.
fn shorthand(name: &str, as_name: &str) -> String {
    if name == as_name {
        name.to_owned()
    } else {
        format!("{}: {as_name}", property(name))
    }
}

/// The builder of `byod/owner` for functions of the kind.
pub(crate) fn builder(function_type: FunctionType) -> &'static str {
    match function_type {
        FunctionType::Query => "ownerQuery",
        FunctionType::Mutation => "ownerMutation",
        FunctionType::Action => "ownerAction",
    }
}
