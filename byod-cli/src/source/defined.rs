//! What a statement of a module defines: a function that one of its builders makes, or a
//! constant.

use oxc_ast::ast::{
    Argument, CallExpression, Declaration, Expression, ObjectExpression, ObjectPropertyKind,
    Statement as Ast, VariableDeclarationKind,
};
use oxc_span::GetSpan;

use super::module::{Constructor, Definition};
use super::nodes::Reader;
use super::origin::Origin;
use super::syntax::{Parts, initializer, property, range};
use super::telling::Judge;
use super::verdict::Telling;

/// `const name = builder({ …, handler })`, exported there or elsewhere, or
/// `export default builder({ …, handler })`.
pub(super) fn definition(reader: &Reader<'_, '_>, statement: &Ast) -> Option<Definition> {
    let expression = match statement {
        Ast::ExportDeclaration(export) => initializer(&export.declaration)?,
        Ast::ExportDefaultDeclaration(export) => export.declaration.as_expression()?,
        other => initializer(other.as_declaration()?)?,
    };
    let Expression::CallExpression(call) = expression.get_inner_expression() else {
        return None;
    };
    defined(reader, call)
}

/// A function that is defined inside of another, which makes it: `return { get: query({ …,
/// handler }) }`; where its handler and its arguments are written there.
pub(super) fn made(reader: &Reader<'_, '_>, call: &CallExpression) -> Option<Definition> {
    let [Argument::ObjectExpression(object)] = call.arguments.as_slice() else {
        return None;
    };
    let is_written = property(object, "handler").and_then(Parts::of).is_some();
    let found = defined(reader, call).filter(|_| is_written)?;
    let has_args = property(object, "args").is_some() || found.without_args.is_some();
    has_args.then_some(found)
}

fn defined(reader: &Reader<'_, '_>, call: &CallExpression) -> Option<Definition> {
    let Expression::Identifier(builder) = &call.callee else {
        return None;
    };
    let [Argument::ObjectExpression(object)] = call.arguments.as_slice() else {
        return None;
    };
    let handler = property(object, "handler")?;
    let args = match property(object, "args") {
        Some(Expression::ObjectExpression(args)) => keys(args),
        _ => None,
    };
    Some(Definition {
        builder: builder.name.to_string(),
        builder_span: range(builder.span),
        span: range(call.span),
        args,
        without_args: without_args(reader, object, handler),
        options: options(object),
        returned: Parts::of(handler).map(|parts| reader.returned(&parts, 0)),
        telling: Parts::of(handler).map_or(Telling::More(handler.span()), |parts| {
            Judge::new(reader).function(&parts)
        }),
    })
}

/// By which name of the module the one constant of a statement is made, where it isn't
/// written out: `const limiter = new RateLimiter(…)`.
pub(super) fn maker(statement: &Ast) -> Option<String> {
    let declaration = match statement {
        Ast::ExportDeclaration(export) => &export.declaration,
        other => other.as_declaration()?,
    };
    let mut made = initializer(declaration)?;
    loop {
        made = match made.get_inner_expression() {
            Expression::NewExpression(new) => &new.callee,
            Expression::CallExpression(call) => &call.callee,
            Expression::StaticMemberExpression(member) => &member.object,
            Expression::AwaitExpression(awaited) => &awaited.argument,
            Expression::Identifier(name) => return Some(name.name.to_string()),
            _ => return None,
        };
    }
}

/// By which name the function is known whose value the constants of a statement are:
/// `const { get, list } = readers("notes")`.
pub(super) fn called(statement: &Ast) -> Option<String> {
    match constant(statement)? {
        Expression::CallExpression(call) => match &call.callee {
            Expression::Identifier(name) => Some(name.name.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// What the one constant of a statement is.
fn constant<'e>(statement: &'e Ast<'e>) -> Option<&'e Expression<'e>> {
    let declaration = match statement {
        Ast::ExportDeclaration(export) => &export.declaration,
        other => other.as_declaration()?,
    };
    match declaration {
        Declaration::VariableDeclaration(variables)
            if variables.kind == VariableDeclarationKind::Const =>
        {
            Some(initializer(declaration)?.get_inner_expression())
        }
        _ => None,
    }
}

/// By which name the class is known whose object the one constant of a statement is:
/// `const counts = new TableAggregate(…)`.
pub(super) fn class(statement: &Ast) -> Option<String> {
    match constant(statement)? {
        Expression::NewExpression(made) => match &made.callee {
            Expression::Identifier(name) => Some(name.name.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// How the class is made that a statement declares.
pub(super) fn constructor(reader: &Reader<'_, '_>, statement: &Ast) -> Option<Constructor> {
    let declaration = match statement {
        Ast::ExportDeclaration(export) => &export.declaration,
        other => other.as_declaration()?,
    };
    let Declaration::ClassDeclaration(class) = declaration else {
        return None;
    };
    if let Some(own) = reader.constructor(class) {
        return Some(Constructor::Own(own));
    }
    let heritage = class.heritage.as_ref();
    match heritage.map(|heritage| heritage.expression.get_inner_expression()) {
        None => Some(Constructor::Own(Vec::new())),
        Some(Expression::Identifier(name)) => Some(Constructor::Of(name.name.to_string())),
        Some(_) => None,
    }
}

/// What the one constant of a statement is, or the type that it declares.
pub(super) fn value(reader: &Reader<'_, '_>, statement: &Ast) -> Option<Origin> {
    let declaration = match statement {
        Ast::ExportDeclaration(export) => &export.declaration,
        other => other.as_declaration()?,
    };
    match declaration {
        Declaration::TSTypeAliasDeclaration(alias) => {
            Some(reader.of_type(&alias.type_annotation, 0))
        }
        Declaration::TSInterfaceDeclaration(interface) if interface.extends.is_empty() => {
            Some(reader.of_signatures(&interface.body.body, 0))
        }
        other => Some(reader.origin(initializer(other)?, 0)),
    }
}

/// Where `args: {}` can be added, because the handler takes nothing beside its context.
fn without_args(
    reader: &Reader<'_, '_>,
    object: &ObjectExpression,
    handler: &Expression,
) -> Option<(usize, String)> {
    let has_more = object.properties.iter().any(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            let name = property.key.static_name();
            name.is_none_or(|name| name == "args")
        }
        ObjectPropertyKind::SpreadProperty(_) => true,
    });
    let parts = Parts::of(handler).filter(|_| !has_more)?;
    let takes_more = parts.parameters.items.len() > 1 || parts.parameters.rest.is_some();
    // `arguments` of a function has all that it was given.
    let text = &reader.text[range(parts.span)];
    if takes_more || text.contains("arguments") {
        return None;
    }
    let at = object.span.start as usize + 1;
    let rest = &reader.text[at..];
    let blank = rest.len() - rest.trim_start().len();
    Some((at, rest[..blank].to_owned()))
}

/// What a definition has beside `args`, `returns` and `handler`.
fn options(object: &ObjectExpression) -> Vec<String> {
    let known = ["args", "returns", "handler"];
    let mut others: Vec<String> = keys_with_spreads(object).collect();
    others.retain(|name| !known.contains(&name.as_str()));
    others
}

fn keys_with_spreads(object: &ObjectExpression) -> impl Iterator<Item = String> {
    object.properties.iter().map(|property| match property {
        ObjectPropertyKind::ObjectProperty(p) => p
            .key
            .static_name()
            .map_or("[…]".to_owned(), |name| name.to_string()),
        ObjectPropertyKind::SpreadProperty(_) => "…".to_owned(),
    })
}

/// All keys, if all of them are written out.
fn keys(object: &ObjectExpression) -> Option<Vec<String>> {
    let key = |property: &ObjectPropertyKind| match property {
        ObjectPropertyKind::ObjectProperty(p) => p.key.static_name().map(|name| name.to_string()),
        ObjectPropertyKind::SpreadProperty(_) => None,
    };
    object.properties.iter().map(key).collect()
}
