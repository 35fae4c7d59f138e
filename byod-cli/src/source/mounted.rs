//! The components of an app: which packages its `convex.config.ts` uses, and under which
//! names.

use std::fs;
use std::path::Path;

use oxc_ast::ast::{Argument, Expression, ObjectPropertyKind, Statement as Ast};
use serde_json::Value;

use super::module::Imported;
use super::project::{Sources, Target};
use super::syntax::method;

/// What of a component's options is followed: its name, and a place among the routes of
/// main, which users' deployments have none of.
const OPTIONS: [&str; 2] = ["name", "httpPrefix"];

/// `app.use(aggregate, { name: "messageCounts" });`
#[derive(Debug)]
pub(crate) struct Mount {
    /// What is used, by its name in the module.
    used: String,
    /// The name that it is given.
    name: Option<String>,
}

/// Where a component comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    /// As `convex.config.ts` imports it: `@convex-dev/aggregate/convex.config`.
    pub(crate) specifier: String,
    pub(crate) package: String,
    /// The name that it is given there; none where it goes by its own.
    pub(crate) name: Option<String>,
}

/// The component that a statement adds to its app, where all shows that is said of it.
pub(super) fn mount(statement: &Ast) -> Option<Mount> {
    let Ast::ExpressionStatement(statement) = statement else {
        return None;
    };
    let Expression::CallExpression(call) = statement.expression.get_inner_expression() else {
        return None;
    };
    let (_, "use") = method(call)? else {
        return None;
    };
    let (used, options) = match call.arguments.as_slice() {
        [Argument::Identifier(used)] => (used, None),
        [
            Argument::Identifier(used),
            Argument::ObjectExpression(options),
        ] => (used, Some(options)),
        _ => return None,
    };
    let mut name = None;
    for option in options.iter().flat_map(|options| &options.properties) {
        let ObjectPropertyKind::ObjectProperty(option) = option else {
            return None;
        };
        let key = option.key.static_name()?;
        if !OPTIONS.contains(&&*key) {
            return None;
        }
        match &option.value {
            Expression::StringLiteral(text) if key == "name" => name = Some(text.value.to_string()),
            _ if key == "name" => return None,
            _ => {}
        }
    }
    Some(Mount {
        used: used.name.to_string(),
        name,
    })
}

impl Sources {
    /// The components that the app uses, of packages.
    pub(crate) fn components(&self) -> Vec<Component> {
        let Some(config) = self.modules.get("convex.config") else {
            return Vec::new();
        };
        let component = |mount: &Mount| {
            let (import, imported) = config.import_of(&mount.used)?;
            let Target::Package(specifier) = self.resolve(&config.name, &import.specifier) else {
                return None;
            };
            let package = specifier.trim_end_matches(".js");
            let package = package.strip_suffix("/convex.config")?.to_owned();
            (imported.imported == Imported::Default).then(|| Component {
                package,
                specifier,
                name: mount.name.clone(),
            })
        };
        config.mounts.iter().filter_map(component).collect()
    }

    /// The version of a package that the project's `package.json` asks for.
    pub(crate) fn version(&self, package: &str) -> Option<&str> {
        self.package
            .as_ref()?
            .get("dependencies")?
            .get(package)?
            .as_str()
    }
}

/// The nearest `package.json` above a Convex folder.
pub(super) fn package_above(convex: &Path) -> Option<Value> {
    let absolute = fs::canonicalize(convex).ok()?;
    let found = absolute
        .ancestors()
        .skip(1)
        .find_map(|folder| byod_build::read_text(&folder.join("package.json")).ok())?;
    serde_json::from_str(&found).ok()
}
