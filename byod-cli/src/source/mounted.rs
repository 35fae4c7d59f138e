//! What a statement of `convex.config.ts` adds to its app, and the `package.json` that is
//! about a Convex folder.

use std::fs;
use std::path::Path;

use oxc_ast::ast::{Argument, Expression, ObjectPropertyKind, Statement as Ast};
use serde_json::Value;

use super::syntax::method;

/// What of a component's options is followed: its name, and a place among the routes of
/// main, which users' deployments have none of.
const OPTIONS: [&str; 2] = ["name", "httpPrefix"];

/// `app.use(aggregate, { name: "messageCounts" });`
#[derive(Debug)]
pub(crate) struct Mount {
    /// What is used, by its name in the module.
    pub(super) used: String,
    /// The name that it is given.
    pub(super) name: Option<String>,
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

/// The nearest `package.json` above a Convex folder.
pub(super) fn package_above(convex: &Path) -> Option<Value> {
    let absolute = fs::canonicalize(convex).ok()?;
    let found = absolute
        .ancestors()
        .skip(1)
        .find_map(|folder| byod_build::read_text(&folder.join("package.json")).ok())?;
    serde_json::from_str(&found).ok()
}
