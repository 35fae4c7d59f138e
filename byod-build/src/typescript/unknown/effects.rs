//! What an expression or a statement does beside giving its value.

use oxc_ast::ast::{
    Argument, CallExpression, Expression, ObjectPropertyKind, PropertyKey, Statement,
};

pub(super) fn is_literal(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::StringLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::BigIntLiteral(_)
            | Expression::RegExpLiteral(_)
            | Expression::FunctionExpression(_)
            | Expression::ArrowFunctionExpression(_)
    )
}

/// Whether a statement does nothing in the end but throw.
pub(super) fn throws(statement: &Statement) -> bool {
    match statement {
        Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => block.body.last().is_some_and(|last| {
            let before = &block.body[..block.body.len() - 1];
            let goes_on = |one: &Statement| {
                matches!(
                    one,
                    Statement::ExpressionStatement(_) | Statement::VariableDeclaration(_)
                )
            };
            throws(last) && before.iter().all(goes_on)
        }),
        _ => false,
    }
}

/// Whether nothing else changes when `expression` is evaluated, or isn't.
pub(super) fn is_plain(expression: &Expression) -> bool {
    match expression {
        Expression::Identifier(_) | Expression::ThisExpression(_) => true,
        Expression::StaticMemberExpression(member) => is_plain(&member.object),
        Expression::ArrayExpression(array) => array
            .elements
            .iter()
            .all(|element| element.is_elision() || element.as_expression().is_some_and(is_plain)),
        Expression::ObjectExpression(object) => object.properties.iter().all(|one| match one {
            ObjectPropertyKind::ObjectProperty(one) => {
                matches!(
                    one.key,
                    PropertyKey::StaticIdentifier(_) | PropertyKey::StringLiteral(_)
                ) && is_plain(&one.value)
            }
            ObjectPropertyKind::SpreadProperty(_) => false,
        }),
        Expression::CallExpression(call) => is_validator(call) || is_operator(call),
        Expression::ParenthesizedExpression(inner) => is_plain(&inner.expression),
        literal => is_literal(literal),
    }
}

/// `v.string()`, whose `v` is imported.
fn is_validator(call: &CallExpression) -> bool {
    let Expression::StaticMemberExpression(method) = &call.callee else {
        return false;
    };
    is_v(&method.object) && are_plain(&call.arguments)
}

pub(super) fn is_v(expression: &Expression) -> bool {
    let Expression::StaticMemberExpression(v) = expression else {
        return false;
    };
    let is_imported = matches!(&v.object, Expression::Identifier(module)
        if module.name.starts_with("__vite_ssr_import_"));
    is_imported && v.property.name == "v"
}

/// What is rewritten here of an operator.
fn is_operator(call: &CallExpression) -> bool {
    let Expression::StaticMemberExpression(method) = &call.callee else {
        return false;
    };
    let is_ours = matches!(&method.object, Expression::Identifier(of) if of.name == "__byod__");
    is_ours
        && matches!(
            method.property.name.as_str(),
            "and" | "or" | "coalesce" | "choose" | "binary" | "unary" | "typed" | "text" | "valid"
        )
        && are_plain(&call.arguments)
}

fn are_plain(arguments: &[Argument]) -> bool {
    arguments
        .iter()
        .all(|one| one.as_expression().is_some_and(is_plain))
}
