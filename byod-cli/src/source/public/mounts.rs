//! Whether a `convex.config` shows that it gives no component HTTP routes.

use std::path::Path;

use byod_build::check_nesting;
use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, CallExpression, Expression, ObjectPropertyKind, PropertyKey};
use oxc_parser::Parser;
use oxc_semantic::{Semantic, SemanticBuilder};
use oxc_span::SourceType;

/// The options of `use` that make no routes.
const OPTIONS: [&str; 2] = ["name", "env"];

/// What in the file may give a component routes; `None` where it only makes an app or a
/// component, and uses others with options that stand there and make none.
pub(super) fn may_mount(file: &Path, text: &str) -> Option<String> {
    let unread = || Some("can't be read".to_owned());
    if check_nesting(file, text).is_err() {
        return unread();
    }
    let Ok(source_type) = SourceType::from_path(file) else {
        return unread();
    };
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, source_type.with_module(true)).parse();
    if parsed.panicked || !parsed.diagnostics.is_empty() {
        return unread();
    }
    let program = allocator.alloc(parsed.program);
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(program)
        .semantic;
    let mut kinds = semantic.nodes().iter().map(|node| node.kind());
    kinds.find_map(|kind| node(&semantic, kind))
}

/// What is wrong with it, if it is none of the few things that such a file needs.
fn node(semantic: &Semantic, kind: AstKind) -> Option<String> {
    let what = match kind {
        AstKind::CallExpression(call) => return self::call(semantic, call),
        AstKind::ImportDeclaration(import) => {
            let from = import.source.value.as_str();
            let is_read = !from.starts_with('.') || from.ends_with("/convex.config");
            return (!is_read).then(|| format!("imports `{from}`"));
        }
        AstKind::ExportFromDeclaration(_) | AstKind::ExportAllDeclaration(_) => "hands on others",
        AstKind::Function(_) | AstKind::ArrowFunctionExpression(_) | AstKind::Class(_) => {
            "has functions of its own"
        }
        AstKind::NewExpression(_)
        | AstKind::TaggedTemplateExpression(_)
        | AstKind::ImportExpression(_)
        | AstKind::AssignmentExpression(_)
        | AstKind::ComputedMemberExpression(_)
        | AstKind::SpreadElement(_) => "does more than to use components",
        _ => return None,
    };
    Some(what.to_owned())
}

fn call(semantic: &Semantic, call: &CallExpression) -> Option<String> {
    let known = match &call.callee {
        Expression::Identifier(name) => {
            matches!(&*name.name, "defineApp" | "defineComponent")
                && is_imported(semantic, &call.callee, "convex/server")
        }
        // Of what kind a variable of the environment is.
        Expression::StaticMemberExpression(member) if &*member.property.name != "use" => {
            is_imported(semantic, &member.object, "convex/values")
        }
        Expression::StaticMemberExpression(_) => {
            return match call.arguments.get(1) {
                None => None,
                Some(Argument::ObjectExpression(options)) => {
                    options.properties.iter().find_map(option)
                }
                Some(_) => Some("uses a component with options that don't stand there".to_owned()),
            };
        }
        _ => false,
    };
    (!known).then(|| "calls something that may".to_owned())
}

/// What is wrong with an option of `use`.
fn option(property: &ObjectPropertyKind) -> Option<String> {
    let name = match property {
        ObjectPropertyKind::ObjectProperty(property) => match &property.key {
            PropertyKey::StaticIdentifier(name) => name.name.as_str(),
            PropertyKey::StringLiteral(name) => name.value.as_str(),
            _ => return Some("has an option whose name is computed".to_owned()),
        },
        ObjectPropertyKind::SpreadProperty(_) => {
            return Some("uses a component with options that don't stand there".to_owned());
        }
    };
    (!OPTIONS.contains(&name)).then(|| format!("uses a component with `{name}`"))
}

/// Whether a name is imported from there.
fn is_imported(semantic: &Semantic, name: &Expression, from: &str) -> bool {
    let Expression::Identifier(name) = name else {
        return false;
    };
    let reference = semantic.scoping().get_reference(name.reference_id());
    let declared = reference.symbol_id().map(|symbol| {
        let declaration = semantic.scoping().symbol_declaration(symbol);
        semantic
            .nodes()
            .kind(semantic.nodes().parent_id(declaration))
    });
    matches!(declared, Some(AstKind::ImportDeclaration(import)) if import.source.value == from)
}
