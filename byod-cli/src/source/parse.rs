//! Parses a module and gathers the facts of its statements.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_ast::ast::{
    Declaration, ExportDefaultDeclarationKind, ImportDeclarationSpecifier, ImportOrExportKind,
    ModuleExportName, Program, Statement as Ast, TSModuleReference,
};
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, SourceType};

use crate::owners::OwnerNames;

use super::defined::{called, class, constructor, definition, made, maker, value};
use super::facts::{DEFAULT, Facts};
use super::module::{
    Export, Import, Imported, ImportedName, Load, LoadKind, Module, Names, Statement,
};
use super::mounted::mount;
use super::nodes::Reader;
use super::syntax::{function, range};
use super::telling::Judge;
use super::wrapper::wrapper;

pub(super) fn module(
    path: &Path,
    name: String,
    text: String,
    owners: &OwnerNames,
) -> Option<Module> {
    let allocator = Allocator::default();
    let source_type = SourceType::from_path(path).ok()?.with_module(true);
    let parsed = Parser::new(&allocator, &text, source_type).parse();
    if parsed.panicked {
        return None;
    }
    let program = allocator_program(&allocator, parsed.program);
    let mut module = Module {
        name,
        text: String::new(),
        imports: Vec::new(),
        statements: Vec::new(),
        exports: BTreeMap::new(),
        stars: Vec::new(),
        loads: Vec::new(),
        names: Names::default(),
        use_node: program.directives.iter().any(|d| d.directive == "use node"),
        mounts: Vec::new(),
    };
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(program)
        .semantic;
    let reader = Reader {
        nodes: semantic.nodes(),
        scoping: semantic.scoping(),
        owners,
        text: &text,
        tracing: RefCell::default(),
        unfolding: RefCell::default(),
        steps: Cell::default(),
    };
    let mut end = program
        .directives
        .last()
        .map_or(0, |directive| directive.span.end as usize);
    for statement in &program.body {
        reader.steps.set(0);
        let code = range(statement.span());
        module.loads.extend(load(&reader, statement, source_type));
        module.mounts.extend(mount(statement));
        if let Some(names) = declared(statement, &mut module) {
            let is_default = matches!(statement, Ast::ExportDefaultDeclaration(_));
            // It declares a function, a class or a value; or it exports a name.
            let is_effect = names.is_empty() && !is_default && acts(statement);
            module.statements.push(Statement {
                span: with_comments(&text, end, &code),
                code: code.clone(),
                names,
                is_exported: is_default || matches!(statement, Ast::ExportDeclaration(_)),
                is_default,
                is_effect,
                facts: Facts::default(),
                definition: definition(&reader, statement),
                telling: function(statement).map(|parts| Judge::new(&reader).function(&parts)),
                contexts: function(statement)
                    .map(|parts| {
                        let parameters = parts.parameters.items.iter();
                        parameters.map(|p| reader.takes_context(p)).collect()
                    })
                    .unwrap_or_default(),
                constructor: constructor(&reader, statement),
                parameters: function(statement)
                    .map(|parts| {
                        let parameters = parts.parameters.items.iter();
                        let typed = parameters.map(|p| p.type_annotation.as_ref());
                        let written = typed.map(|of| of.map(|of| &text[range(of.span)]));
                        written
                            .map(|of| annotation(of.unwrap_or_default()))
                            .collect()
                    })
                    .unwrap_or_default(),
                databases: function(statement)
                    .map(|parts| {
                        let parameters = parts.parameters.items.iter();
                        parameters.map(|p| reader.takes_database(p)).collect()
                    })
                    .unwrap_or_default(),
                maker: maker(statement),
                made: Vec::new(),
                class: class(statement),
                called: called(statement),
                returned: function(statement).map(|parts| reader.returned(&parts, 0)),
                value: value(&reader, statement),
                wrapper: wrapper(&reader, statement),
            });
        }
        end = code.end;
    }
    for node in semantic.nodes().iter() {
        let at = node.kind().span().start as usize;
        // They stand one behind the other.
        let behind = module.statements.partition_point(|s| s.span.start <= at);
        let before = module.statements[..behind].last_mut();
        if let Some(statement) = before.filter(|statement| statement.span.contains(&at)) {
            reader.steps.set(0);
            reader.node(node.id(), node.kind(), &mut statement.facts);
            if let AstKind::CallExpression(call) = node.kind()
                && statement.returned.is_some()
            {
                statement.made.extend(made(&reader, call));
            }
            reader.touching(node.id(), node.kind(), &mut statement.facts);
        }
    }
    module.text = text;
    module.names = Names::of(&module.statements, &module.imports);
    Some(module)
}

/// `: Id<"users">` without what leads to it.
fn annotation(text: &str) -> String {
    text.trim_start_matches(':').trim().to_owned()
}

/// Whether a statement that declares nothing does something: an empty one doesn't.
fn acts(statement: &Ast) -> bool {
    !matches!(
        statement,
        Ast::EmptyStatement(_) | Ast::TSNamespaceExportDeclaration(_)
    )
}

/// The module that a statement loads.
fn load(reader: &Reader<'_, '_>, statement: &Ast, source_type: SourceType) -> Option<Load> {
    let is_type = |kind: ImportOrExportKind| kind == ImportOrExportKind::Type;
    let (specifier, kind) = match statement {
        Ast::ImportDeclaration(import) if !is_type(import.import_kind) => {
            let kind = match &import.specifiers {
                None => LoadKind::Effects,
                // JavaScript has no types: what is imported is loaded.
                Some(_) if !source_type.is_typescript() => LoadKind::Values,
                Some(specifiers) => {
                    let is_used = specifiers.iter().any(|specifier| {
                        let symbol = specifier.local().symbol_id();
                        let mut references = reader.scoping.get_resolved_references(symbol);
                        references.any(|reference| reference.is_value())
                    });
                    if is_used {
                        LoadKind::Values
                    } else {
                        LoadKind::Unclear
                    }
                }
            };
            (&import.source, kind)
        }
        Ast::ExportAllDeclaration(export) if !is_type(export.export_kind) => {
            (&export.source, LoadKind::Values)
        }
        Ast::ExportFromDeclaration(export) if !is_type(export.export_kind) => {
            (&export.source, LoadKind::Values)
        }
        Ast::TSImportEqualsDeclaration(import) => match &import.module_reference {
            TSModuleReference::ExternalModuleReference(module) => {
                (&module.expression, LoadKind::Values)
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(Load {
        specifier: specifier.value.to_string(),
        kind,
    })
}

fn allocator_program<'a>(allocator: &'a Allocator, program: Program<'a>) -> &'a Program<'a> {
    allocator.alloc(program)
}

/// The span with the comments that stand directly in front of it.
fn with_comments(text: &str, end: usize, span: &Range<usize>) -> Range<usize> {
    let between = &text[end..span.start];
    // What is left of the line of the statement before belongs to that.
    let first = between.find('\n').map_or(0, |at| at + 1);
    let first = if end == 0 { 0 } else { first };
    let comments = &between[first..];
    let blank = comments.len() - comments.trim_start().len();
    // A blank line ends what belongs to the statement.
    let start = comments.rfind("\n\n").map_or(blank, |at| at + 2);
    end + first + start.max(blank).min(comments.len())..span.end
}

/// The names that the statement declares; `None` for imports and re-exports,
/// which go into the module's own lists.
fn declared(statement: &Ast, module: &mut Module) -> Option<Vec<String>> {
    let mut names = Vec::new();
    match statement {
        Ast::ImportDeclaration(import) => {
            let names = import.specifiers.iter().flatten().map(|specifier| {
                let (imported, type_only) = match specifier {
                    ImportDeclarationSpecifier::ImportSpecifier(s) => (
                        Imported::Name(export_name(&s.imported)),
                        s.import_kind == ImportOrExportKind::Type,
                    ),
                    ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => {
                        (Imported::Default, false)
                    }
                    ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => {
                        (Imported::Namespace, false)
                    }
                };
                ImportedName {
                    local: specifier.local().name.to_string(),
                    imported,
                    type_only,
                }
            });
            module.imports.push(Import {
                specifier: import.source.value.to_string(),
                type_only: import.import_kind == ImportOrExportKind::Type,
                names: names.collect(),
            });
            return None;
        }
        Ast::ExportAllDeclaration(export) => {
            if export.exported.is_none() {
                module.stars.push(export.source.value.to_string());
            }
            return None;
        }
        Ast::ExportFromDeclaration(export) => {
            for specifier in &export.specifiers {
                let from = Export::From {
                    specifier: export.source.value.to_string(),
                    name: export_name(&specifier.local),
                };
                module
                    .exports
                    .insert(export_name(&specifier.exported), from);
            }
            return None;
        }
        Ast::ExportNamedDeclaration(export) => {
            for specifier in &export.specifiers {
                let local = Export::Local(export_name(&specifier.local));
                module
                    .exports
                    .insert(export_name(&specifier.exported), local);
            }
            return None;
        }
        Ast::ExportDeclaration(export) => {
            declaration_names(&export.declaration, &mut names);
            for name in &names {
                module
                    .exports
                    .insert(name.clone(), Export::Local(name.clone()));
            }
        }
        Ast::ExportDefaultDeclaration(export) => {
            let id = match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(f) => f.id.as_ref(),
                ExportDefaultDeclarationKind::ClassDeclaration(c) => c.id.as_ref(),
                _ => None,
            };
            let local = match (&export.declaration, id) {
                // A name of a statement of its own.
                (ExportDefaultDeclarationKind::Identifier(id), _) => id.name.to_string(),
                (_, Some(id)) => {
                    names.push(id.name.to_string());
                    id.name.to_string()
                }
                (_, None) => {
                    names.push(DEFAULT.to_owned());
                    DEFAULT.to_owned()
                }
            };
            module
                .exports
                .insert(DEFAULT.to_owned(), Export::Local(local));
        }
        other => {
            if let Some(declaration) = other.as_declaration() {
                declaration_names(declaration, &mut names);
            }
        }
    }
    Some(names)
}

fn export_name(name: &ModuleExportName) -> String {
    name.name().to_string()
}

fn declaration_names(declaration: &Declaration, names: &mut Vec<String>) {
    match declaration {
        Declaration::VariableDeclaration(variables) => {
            for declarator in &variables.declarations {
                for id in declarator.id.get_binding_identifiers() {
                    names.push(id.name.to_string());
                }
            }
        }
        other => names.extend(other.id().map(|id| id.name.to_string())),
    }
}
