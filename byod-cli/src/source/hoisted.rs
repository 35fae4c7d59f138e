//! What a function imports while it runs, as if its module imported it:
//! `const { slugOf } = await import("./slugs")`. It is the same module, at another time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    BindingPattern, Expression, Program, VariableDeclarationKind, VariableDeclarator,
};
use oxc_semantic::Semantic;

use super::rewritten::{Edit, rewritten};
use super::syntax::range;

/// Where an import leads, and what it takes from there; `None` for all of it.
type Taken = (String, Option<String>);

/// Imports, by the names that they have in the module.
type Hoisted = BTreeMap<String, Taken>;

/// The text with such imports at its top. What is written otherwise stays where it is.
pub(super) fn hoisted(path: &Path, text: String) -> String {
    if !text.contains("await import(") {
        return text;
    }
    rewritten(path, text, at_top)
}

fn at_top(program: &Program, semantic: &Semantic) -> Vec<Edit> {
    let top = program.directives.last().map_or(0, |d| range(d.span).end);
    let mut imports = Hoisted::new();
    let mut gone: Vec<Range<usize>> = Vec::new();
    for node in semantic.nodes().iter() {
        let AstKind::VariableDeclaration(declaration) = node.kind() else {
            continue;
        };
        let [declarator] = declaration.declarations.as_slice() else {
            continue;
        };
        if declaration.kind != VariableDeclarationKind::Const {
            continue;
        }
        let Some(taken) = taken(declarator) else {
            continue;
        };
        let is_free = taken.iter().all(|(name, what)| {
            let known = imports.get(name);
            known.is_none_or(|known| known == what) && is_alone(semantic, name)
        });
        if is_free {
            imports.extend(taken);
            gone.push(range(declaration.span));
        }
    }
    let lines = imports.into_iter().map(|(name, (from, what))| match what {
        Some(what) => format!("\nimport {{ {what} as {name} }} from {from:?};\n"),
        None => format!("\nimport * as {name} from {from:?};\n"),
    });
    let mut edits = vec![(top..top, lines.collect())];
    edits.extend(gone.into_iter().map(|span| (span, String::new())));
    edits
}

/// What `const { slugOf } = await import("./slugs")` takes, by its own names for it.
fn taken(declarator: &VariableDeclarator) -> Option<Vec<(String, Taken)>> {
    if declarator.type_annotation.is_some() {
        return None;
    }
    let Expression::AwaitExpression(awaited) = declarator.init.as_ref()? else {
        return None;
    };
    let Expression::ImportExpression(import) = awaited.argument.get_inner_expression() else {
        return None;
    };
    let Expression::StringLiteral(from) = &import.source else {
        return None;
    };
    let from = from.value.to_string();
    if import.options.is_some() {
        return None;
    }
    match &declarator.id {
        BindingPattern::BindingIdentifier(name) => {
            Some(vec![(name.name.to_string(), (from, None))])
        }
        BindingPattern::ObjectPattern(object) if object.rest.is_none() => {
            let properties = object.properties.iter().map(|property| {
                let BindingPattern::BindingIdentifier(name) = &property.value else {
                    return None;
                };
                let what = property.key.static_name()?.into_owned();
                Some((name.name.to_string(), (from.clone(), Some(what))))
            });
            properties.collect()
        }
        _ => None,
    }
}

/// Whether nothing else in the module has the name, but other such imports.
fn is_alone(semantic: &Semantic, name: &str) -> bool {
    let scoping = semantic.scoping();
    let named = scoping
        .symbol_ids()
        .filter(|symbol| scoping.symbol_name(*symbol) == name);
    let others = named.filter(|symbol| {
        let declaration = scoping.symbol_declaration(*symbol);
        let around = semantic.nodes().kind(declaration);
        !matches!(around, AstKind::VariableDeclarator(it) if taken(it).is_some())
    });
    let mut globals = scoping.root_unresolved_references().keys();
    others.count() == 0 && !globals.any(|global| global.as_str() == name)
}
