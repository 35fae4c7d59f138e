//! `byod local --init`: begins the closures by which a service's tests say what functions do
//! on the deployments of `byod-local`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use byod_build::Builder;
use byod_schema::{Function, FunctionPath, Project, Validator};
use serde::Serialize;

use crate::error::Error;
use crate::tree::Tree;

/// Where the file is, beside `byod.toml`: a module that all test programs may have.
const FILE: &str = "tests/local/mod.rs";

/// What `byod-local` does by itself, for the table of the module's name.
const BY_ITSELF: [&str; 5] = ["list", "get", "create", "update", "remove"];

/// What was begun.
#[derive(Debug, Serialize)]
pub(crate) struct Closures {
    pub(crate) file: PathBuf,
    /// Whether it was written: one that is there is left as it is.
    pub(crate) written: bool,
    /// The functions of main that have a closure in it.
    pub(crate) main: Vec<String>,
    /// The functions of users' deployments.
    pub(crate) user: Vec<String>,
}

/// Writes the file, if there is none.
pub(crate) fn closures(config: &Path) -> Result<Closures, Error> {
    let manifest = Builder::new().config(config).read()?;
    let folder = config.parent().unwrap_or(Path::new(""));
    let tree = Tree::named(folder, config)?;
    let (main, user) = (
        functions(&manifest.main),
        manifest.user.as_ref().map(functions),
    );
    let user = user.unwrap_or_default();
    let written = !tree.path(FILE)?.exists();
    if written {
        tree.write(FILE, &text(&main, &user))?;
    }
    let names =
        |functions: Functions<'_>| functions.iter().map(|(path, _)| path.to_string()).collect();
    Ok(Closures {
        file: folder.join(FILE),
        written,
        main: names(main),
        user: names(user),
    })
}

type Functions<'p> = Vec<(&'p FunctionPath, &'p Function)>;

/// The functions of a project that need a closure.
fn functions(project: &Project) -> Functions<'_> {
    let functions = project.functions.iter();
    let needs_one = |path: &FunctionPath| {
        let is_byods = path.module.starts_with("byod/") || path.to_string() == "functions:ping";
        let has_table = project.schema.table(path.table_of_module()).is_some();
        !(is_byods || has_table && BY_ITSELF.contains(&&*path.name))
    };
    functions.filter(|(path, _)| needs_one(path)).collect()
}

fn text(main: &Functions<'_>, user: &Functions<'_>) -> String {
    let mut text = r#"//! What functions do on the deployments of `byod-local`. Begun by `byod local --init`, and yours to
//! write on: what isn't tried can go.
//!
//! A test has `mod local;`, and `local::main(Local::main(&manifest)).start().await?`.

#![allow(dead_code, reason = "no test program uses all of it")]

use byod_local::Local;
use serde_json::json;
"#
    .to_owned();
    for (name, doc, functions) in [
        ("main", "Main's functions.", main),
        ("user", "The functions of a user's deployment.", user),
    ] {
        // Writing into a text doesn't fail.
        let _ = write!(
            text,
            "\n/// {doc}\npub fn {name}(local: Local) -> Local {{\n    local\n"
        );
        for (path, function) in functions {
            let _ = write!(text, "{}", closure(path, function));
        }
        text.push_str("}\n");
    }
    text
}

/// What a function takes and gives, and a closure that gives something of that kind.
fn closure(path: &FunctionPath, function: &Function) -> String {
    let returns = function.returns.as_ref();
    let gives = returns.map_or("whatever you write".to_owned(), Validator::to_string);
    let does = match returns {
        // As most functions do that give an id: they insert.
        Some(Validator::Id { table_name }) => {
            let table = format!("{table_name:?}");
            return format!(
                "        // {}, gives {}\n        .function({:?}, |ctx, args| Ok(json!(ctx.insert({table}, args)?)))\n",
                comment(&function.args.to_string()),
                comment(&gives),
                path.to_string(),
            );
        }
        Some(returns) => returns
            .plainest()
            .and_then(|value| serde_json::to_string(&value).ok()),
        None if is_paginated(function) => {
            Some(r#"{"page": [], "isDone": true, "continueCursor": ""}"#.to_owned())
        }
        None => None,
    };
    format!(
        "        // {}, gives {}\n        .function({:?}, |_, _| Ok(json!({})))\n",
        comment(&function.args.to_string()),
        comment(&gives),
        path.to_string(),
        does.as_deref().unwrap_or("null"),
    )
}

/// Whether it gives one page after another.
fn is_paginated(function: &Function) -> bool {
    let args = function.args.as_object();
    args.is_some_and(|args| args.get("paginationOpts").is_some())
}

/// A text that ends no line.
fn comment(text: &str) -> String {
    byod_build::one_line(text)
}
