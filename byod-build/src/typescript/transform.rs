//! From a source file to a function that the engine runs: types, JSX, enums and
//! decorators are compiled away; imports and exports become calls of the module
//! registry (`js/registry.js`).

use std::panic;
use std::path::Path;

use oxc_allocator::{Allocator, TakeIn};
use oxc_ast::ast::{
    BindingPattern, ClassType, Declaration, Expression, Program, Statement,
    VariableDeclarationKind, VariableDeclarator,
};
use oxc_ast::builder::AstBuilder;
use oxc_codegen::{Codegen, CodegenOptions, CodegenReturn, CommentOptions};
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::{SPAN, SourceType};
use oxc_transformer::{HelperLoaderMode, TransformOptions, Transformer};
use oxc_transformer_plugins::ModuleRunnerTransform;

use super::dependencies::{Reexport, dependencies, reexports};
use super::nesting;
use super::unknown;

/// A module in the form that the registry runs.
pub(crate) struct Compiled {
    /// A function expression. Line `n` of the generated module is line `n + 1` here.
    pub(crate) code: String,
    pub(crate) is_esm: bool,
    /// What it imports, in order, once each.
    pub(crate) imports: Vec<String>,
    /// What it re-exports by `export *`.
    pub(crate) stars: Vec<String>,
    /// What it re-exports by name.
    pub(crate) reexports: Vec<Reexport>,
}

/// What a `tsconfig.json` says of how its TypeScript is compiled, as far as that
/// changes what a module does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Fields of classes are assigned in the constructor, and not at all without a
    /// value, as before ES2022.
    pub(crate) assigns_fields: bool,
    /// Imports that nothing uses stay, unless they say `type`.
    pub(crate) keeps_imports: bool,
    /// Operators notice what is unknown.
    pub(crate) notices: bool,
}

/// Why a file could not be compiled, with the position (counted from 1).
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl SyntaxError {
    fn at(message: String, source: &str, offset: usize) -> Self {
        let mut ends = (0..=offset.min(source.len())).rev();
        let end = ends.find(|at| source.is_char_boundary(*at));
        let before = &source[..end.unwrap_or_default()];
        Self {
            message,
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
        }
    }
}

const ESM_HEAD: &str = "0, async function (__vite_ssr_exports__, __byod_link__, __vite_ssr_import__, \
    __vite_ssr_dynamic_import__, __vite_ssr_exportAll__, __vite_ssr_import_meta__, __byod_Object__, require, __byod__) {\n";
const CJS_HEAD: &str = "0, function (exports, require, module, __filename, __dirname, \
    __vite_ssr_dynamic_import__, __vite_ssr_import_meta__, __byod__) {\n";
const TAIL: &str = "\n}";
const GATE: &str = "__byod_gate__;";

/// Compiles `source`, the text of the file `path`.
pub(crate) fn compile(
    path: &Path,
    source: &str,
    dialect: Dialect,
) -> Result<Compiled, SyntaxError> {
    check_nesting(path, source)?;
    let generate = || {
        let allocator = Allocator::default();
        generate(&allocator, path, source, dialect, false).map(|(compiled, _)| compiled)
    };
    // A bug of the compiler costs the one module.
    panic::catch_unwind(generate).unwrap_or_else(|_| {
        let message = "it could not be compiled".to_owned();
        Err(SyntaxError::at(message, source, 0))
    })
}

/// Whether the compiler can take `source`, the text of the file `path`, without using
/// up its stack.
pub(crate) fn check_nesting(path: &Path, source: &str) -> Result<(), SyntaxError> {
    match nesting::beyond(source, nesting::may_have_tags(path), nesting::MAX) {
        Some(offset) => {
            let message = format!("it is nested more than {} deep", nesting::MAX);
            Err(SyntaxError::at(message, source, offset))
        }
        None => Ok(()),
    }
}

/// Where line and column of the compiled code (counted from 1) come from.
pub(crate) fn original_position(
    path: &Path,
    source: &str,
    dialect: Dialect,
    line: usize,
    column: usize,
) -> Option<(usize, usize)> {
    let allocator = Allocator::default();
    let (_, generated) = generate(&allocator, path, source, dialect, true).ok()?;
    let map = generated.map?;
    let table = map.generate_lookup_table();
    // One line of the function's head, and both count from 0.
    let line = u32::try_from(line.checked_sub(2)?).ok()?;
    let column = u32::try_from(column.checked_sub(1)?).ok()?;
    let token = map.lookup_token_approx(&table, line, column)?;
    Some((
        token.get_src_line() as usize + 1,
        token.get_src_col() as usize + 1,
    ))
}

fn generate<'a>(
    allocator: &'a Allocator,
    path: &Path,
    source: &'a str,
    dialect: Dialect,
    with_map: bool,
) -> Result<(Compiled, CodegenReturn<'a>), SyntaxError> {
    let (mut program, is_esm) = parse(allocator, path, source)?;
    program.hashbang = None;
    let needs_transform = program.source_type.is_typescript()
        || program.source_type.is_jsx()
        || source.contains("using ")
        || source.contains('@');
    let mut scoping = SemanticBuilder::new()
        .with_enum_eval(true)
        .build(&program)
        .semantic
        .into_scoping();
    if needs_transform {
        scoping = Transformer::new(allocator, path, &transform_options(dialect))
            .build_with_scoping(scoping, &mut program)
            .scoping;
    }
    let (imports, stars) = dependencies(&program);
    let reexports = reexports(&program);
    ModuleRunnerTransform::new().transform(allocator, &mut program, scoping);
    if dialect.notices {
        unknown::notice(allocator, &mut program);
    }
    let mut binder = String::new();
    if is_esm {
        binder = insert_gate(allocator, &mut program);
        lexical_to_var(allocator, &mut program);
    }
    let generated = Codegen::new()
        .with_options(CodegenOptions {
            comments: CommentOptions::disabled(),
            source_map_path: with_map.then(|| path.to_owned()),
            ..CodegenOptions::default()
        })
        .build(&program);
    let head = if is_esm { ESM_HEAD } else { CJS_HEAD };
    let body = if is_esm {
        let gate = format!("await __byod_link__((ns) => {{ {binder} }});");
        generated.code.replacen(GATE, &gate, 1)
    } else {
        generated.code.clone()
    };
    let compiled = Compiled {
        code: [head, &body, TAIL].concat(),
        is_esm,
        imports,
        stars,
        reexports,
    };
    Ok((compiled, generated))
}

/// Parses as a module or, where nothing in it says module, as CommonJS.
fn parse<'a>(
    allocator: &'a Allocator,
    path: &Path,
    source: &'a str,
) -> Result<(Program<'a>, bool), SyntaxError> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("js");
    // JSX is allowed in every JavaScript file, as in Convex's bundler.
    let source_type = SourceType::from_extension(ending)
        .unwrap_or_default()
        .with_module(true);
    let source_type = match ending {
        "js" | "mjs" | "jsx" => source_type.with_jsx(source.contains('<')),
        _ => source_type,
    };
    let parsed = |source_type| {
        let options = ParseOptions {
            allow_return_outside_function: true,
            ..ParseOptions::default()
        };
        Parser::new(allocator, source, source_type)
            .with_options(options)
            .parse()
    };
    // By what it says, whatever its name says, as in Convex's bundler.
    let module = parsed(source_type);
    let is_module = module.module_record.has_module_syntax
        || matches!(ending, "ts" | "tsx" | "mts" | "mjs") && !is_commonjs(source);
    if is_module {
        return finish(module, source).map(|program| (program, true));
    }
    let script = parsed(source_type.with_module(false).with_script(true));
    finish(script, source).map(|program| (program, false))
}

fn is_commonjs(source: &str) -> bool {
    source.contains("module.exports") || source.contains("exports.")
}

fn finish<'a>(
    parsed: oxc_parser::ParserReturn<'a>,
    source: &str,
) -> Result<Program<'a>, SyntaxError> {
    if !parsed.panicked {
        // What the parser could recover from, the engine may still run.
        return Ok(parsed.program);
    }
    let error = parsed.diagnostics.into_iter().next();
    let offset = error
        .as_ref()
        .and_then(|e| e.labels.first())
        .map_or(0, |label| label.offset());
    let message = error.map_or_else(|| "syntax error".to_owned(), |e| e.message.to_string());
    Err(SyntaxError::at(message, source, offset as usize))
}

fn transform_options(dialect: Dialect) -> TransformOptions {
    let mut options = TransformOptions::default();
    options.assumptions.set_public_class_fields = dialect.assigns_fields;
    options.typescript.remove_class_fields_without_initializer = dialect.assigns_fields;
    options.typescript.only_remove_type_imports = dialect.keeps_imports;
    options.decorator.legacy = true;
    options.env.es2026.explicit_resource_management = true;
    options.helper_loader.mode = HelperLoaderMode::External;
    options.jsx.jsx_plugin = true;
    options.jsx.display_name_plugin = false;
    options.jsx.throw_if_namespace = false;
    options
}

/// Puts the gate after the hoisted export definitions, and makes those
/// independent of a local `Object`. Returns the code that binds the imports early,
/// so that re-exports work across a cycle before the body has run.
fn insert_gate<'a>(allocator: &'a Allocator, program: &mut Program<'a>) -> String {
    let exports = program
        .body
        .iter_mut()
        .map_while(|statement| is_export_definition(statement).then_some(()))
        .count();
    let mut binder = String::new();
    for statement in program.body.iter().skip(exports) {
        if let Some((name, specifier)) = import_binding(statement) {
            binder.push_str(&format!("{name} = ns({specifier:?}); "));
        }
    }
    let builder = AstBuilder::new(allocator);
    let gate = Expression::new_identifier(SPAN, GATE.trim_end_matches(';'), &builder);
    let gate = Statement::new_expression_statement(SPAN, gate, &builder);
    program.body.insert(exports, gate);
    binder
}

/// `Object.defineProperty(__vite_ssr_exports__, …)`, whose `Object` is renamed.
fn is_export_definition(statement: &mut Statement) -> bool {
    let Statement::ExpressionStatement(statement) = statement else {
        return false;
    };
    let Expression::CallExpression(call) = &mut statement.expression else {
        return false;
    };
    let exports = call
        .arguments
        .first()
        .and_then(|first| first.as_expression());
    if !matches!(exports, Some(Expression::Identifier(i)) if i.name == "__vite_ssr_exports__") {
        return false;
    }
    if let Expression::StaticMemberExpression(member) = &mut call.callee
        && let Expression::Identifier(object) = &mut member.object
    {
        object.name = "__byod_Object__".into();
    }
    true
}

/// The name and specifier of `const name = await __vite_ssr_import__("specifier", …)`.
fn import_binding(statement: &Statement) -> Option<(String, String)> {
    let Statement::VariableDeclaration(declaration) = statement else {
        return None;
    };
    let declarator = declaration.declarations.first()?;
    let Some(Expression::AwaitExpression(awaited)) = &declarator.init else {
        return None;
    };
    let Expression::CallExpression(call) = &awaited.argument else {
        return None;
    };
    let Expression::Identifier(callee) = &call.callee else {
        return None;
    };
    let specifier = call.arguments.first()?.as_expression()?;
    match (&declarator.id, specifier) {
        (BindingPattern::BindingIdentifier(name), Expression::StringLiteral(specifier))
            if callee.name == "__vite_ssr_import__" =>
        {
            Some((name.name.to_string(), specifier.value.to_string()))
        }
        _ => None,
    }
}

/// Top-level `const`, `let` and `class` become `var`, as in Convex's bundles: in
/// an import cycle what has not run yet is `undefined`, not an error.
fn lexical_to_var<'a>(allocator: &'a Allocator, program: &mut Program<'a>) {
    let builder = AstBuilder::new(allocator);
    for statement in &mut program.body {
        match statement {
            Statement::VariableDeclaration(declaration) => {
                if matches!(
                    declaration.kind,
                    VariableDeclarationKind::Const | VariableDeclarationKind::Let
                ) {
                    declaration.kind = VariableDeclarationKind::Var;
                }
            }
            Statement::ClassDeclaration(class) => {
                let Some(id) = &class.id else { continue };
                let name = BindingPattern::new_binding_identifier(id.span, id.name, &builder);
                let span = class.span;
                let mut class = class.take_in_box(&allocator);
                class.r#type = ClassType::ClassExpression;
                let kind = VariableDeclarationKind::Var;
                let init = Some(Expression::ClassExpression(class));
                let declarator = VariableDeclarator::new(span, name, None, init, false, &builder);
                *statement = Statement::from(Declaration::new_variable_declaration(
                    span,
                    kind,
                    [declarator],
                    false,
                    &builder,
                ));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(source: &str) -> Compiled {
        compile(Path::new("a.ts"), source, Dialect::default())
            .unwrap_or_else(|e| panic!("{}:{}: {}", e.line, e.column, e.message))
    }

    #[test]
    fn types_go_and_imports_become_calls() {
        let module = compiled("import { a } from './a';\nexport const b: string = a();\n");
        assert!(module.is_esm);
        assert_eq!(module.imports, ["./a"]);
        assert!(
            module
                .code
                .contains("var b = (0, __vite_ssr_import_0__.a)();")
        );
    }

    #[test]
    fn type_only_imports_are_not_dependencies() {
        let module = compiled(
            "import type { T } from './t';\nimport { U } from './u';\nexport const x = 1 as unknown as U & T;",
        );
        assert_eq!(module.imports, Vec::<String>::new());
    }

    #[test]
    fn names_of_other_modules_are_known() {
        let module = compiled(
            "import d, { a as b, type T } from './m';\nimport * as n from './n';\nexport { b, d, n };\nexport { default, x as y } from './o';\nexport const own = d;",
        );
        let all: Vec<String> = module
            .reexports
            .iter()
            .map(|one| format!("{}={}#{}", one.exported, one.specifier, one.imported))
            .collect();
        let expected = [
            "b=./m#a",
            "d=./m#default",
            "n=./n#*",
            "default=./o#default",
            "y=./o#x",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn what_the_compiler_does_not_expect_is_an_error() {
        let text = "export { \"x\" };\n";
        assert!(compile(Path::new("a.ts"), text, Dialect::default()).is_err());
    }

    #[test]
    fn a_syntax_error_has_its_position() {
        let error = compile(
            Path::new("a.ts"),
            "export const a = 1;\nexport const b = ;\n",
            Dialect::default(),
        );
        let error = error.err().unwrap();
        assert_eq!((error.line, error.column), (2, 18));
    }

    #[test]
    fn a_position_is_found_in_the_original() {
        let source = "type A = {\n  b: string;\n};\n\nexport const a = () => {\n  throw new Error('no');\n};\n";
        let module = compiled(source);
        let line = module
            .code
            .lines()
            .position(|l| l.contains("throw"))
            .unwrap()
            + 1;
        let position = original_position(Path::new("a.ts"), source, Dialect::default(), line, 3);
        assert_eq!(position.map(|(line, _)| line), Some(6));
    }
}
