//! The names under which a module holds values.

use std::collections::BTreeSet;

use oxc_allocator::Allocator;
use oxc_ast::ast::{Declaration, ExportDefaultDeclarationKind, Statement};
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::facts::DEFAULT;

/// What the module declares at its top level that is a value at run time; `default`
/// where its default export has no other name.
pub(crate) fn held_names(text: &str) -> BTreeSet<String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::ts()).parse();
    let mut names = BTreeSet::new();
    for statement in &parsed.program.body {
        let declaration = match statement {
            Statement::ExportDeclaration(export) => Some(&export.declaration),
            Statement::ExportDefaultDeclaration(export) => {
                let id = match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(of) => of.id.as_ref(),
                    ExportDefaultDeclarationKind::ClassDeclaration(of) => of.id.as_ref(),
                    ExportDefaultDeclarationKind::TSInterfaceDeclaration(_)
                    | ExportDefaultDeclarationKind::Identifier(_) => continue,
                    _ => None,
                };
                names.insert(id.map_or(DEFAULT, |id| id.name.as_str()).to_owned());
                None
            }
            other => other.as_declaration(),
        };
        names.extend(declaration.into_iter().flat_map(of_declaration));
    }
    names
}

fn of_declaration(declaration: &Declaration) -> Vec<String> {
    let one = |name: Option<&str>| name.map(str::to_owned).into_iter().collect();
    match declaration {
        _ if declaration.declare() => Vec::new(),
        Declaration::VariableDeclaration(variables) => {
            let all = variables.declarations.iter();
            all.flat_map(|one| one.id.get_binding_identifiers())
                .map(|id| id.name.to_string())
                .collect()
        }
        Declaration::FunctionDeclaration(of) => one(of.id.as_ref().map(|id| id.name.as_str())),
        Declaration::ClassDeclaration(of) => one(of.id.as_ref().map(|id| id.name.as_str())),
        // Of a constant one there is nothing at run time.
        Declaration::TSEnumDeclaration(of) if !of.r#const => one(Some(of.id.name.as_str())),
        Declaration::TSNamespaceDeclaration(_) => one(declaration.id().map(|id| id.name.as_str())),
        _ => Vec::new(),
    }
}
