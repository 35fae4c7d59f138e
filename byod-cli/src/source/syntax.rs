//! What parts of a syntax tree are by their form alone: functions, methods, paths.

use std::ops::Range;

use byod_schema::FunctionPath;
use oxc_ast::ast::{
    Argument, ArrowFunctionBody, BindingPattern, CallExpression, Declaration,
    ExportDefaultDeclarationKind, Expression, FormalParameters, FunctionBody, ObjectExpression,
    ObjectPropertyKind, Statement, TSLiteral, TSType,
};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::Span;

pub(super) fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// A function's parameters and what it does.
pub(super) struct Parts<'e> {
    pub(super) parameters: &'e FormalParameters<'e>,
    pub(super) body: Body<'e>,
    /// The type that it says it gives.
    pub(super) returns: Option<&'e TSType<'e>>,
    pub(super) span: Span,
    pub(super) id: NodeId,
}

pub(super) enum Body<'e> {
    Statements(&'e [Statement<'e>]),
    Value(&'e Expression<'e>),
}

impl<'e> Parts<'e> {
    pub(super) fn of(expression: &'e Expression<'e>) -> Option<Self> {
        match expression.get_inner_expression() {
            Expression::ArrowFunctionExpression(arrow) => Some(Self {
                parameters: &arrow.params,
                body: match &arrow.body {
                    ArrowFunctionBody::FunctionBody(body) => Body::Statements(&body.statements),
                    body => Body::Value(body.as_expression()?),
                },
                returns: arrow.return_type.as_ref().map(|t| &t.type_annotation),
                span: arrow.span,
                id: arrow.node_id(),
            }),
            Expression::FunctionExpression(function) => Self::of_function(function),
            _ => None,
        }
    }

    pub(super) fn of_function(function: &'e oxc_ast::ast::Function<'e>) -> Option<Self> {
        let body: &FunctionBody = function.body.as_ref()?;
        (!function.generator).then(|| Self {
            parameters: &function.params,
            body: Body::Statements(&body.statements),
            returns: function.return_type.as_ref().map(|t| &t.type_annotation),
            span: function.span,
            id: function.node_id(),
        })
    }

    /// The symbol of a parameter without a pattern or a default.
    pub(super) fn parameter(&self, number: usize) -> Option<SymbolId> {
        let parameter = self.parameters.items.get(number)?;
        match &parameter.pattern {
            BindingPattern::BindingIdentifier(name) if parameter.initializer.is_none() => {
                Some(name.symbol_id())
            }
            _ => None,
        }
    }
}

/// The one function that a statement declares.
pub(super) fn function<'e>(statement: &'e Statement<'e>) -> Option<Parts<'e>> {
    let declaration = match statement {
        Statement::ExportDeclaration(export) => &export.declaration,
        Statement::ExportDefaultDeclaration(export) => {
            return match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                    Parts::of_function(function)
                }
                other => Parts::of(other.as_expression()?),
            };
        }
        other => other.as_declaration()?,
    };
    match declaration {
        Declaration::FunctionDeclaration(function) => Parts::of_function(function),
        other => Parts::of(initializer(other)?),
    }
}

/// What the one variable of a declaration is.
pub(super) fn initializer<'a>(declaration: &'a Declaration<'a>) -> Option<&'a Expression<'a>> {
    let Declaration::VariableDeclaration(variables) = declaration else {
        return None;
    };
    let [declarator] = variables.declarations.as_slice() else {
        return None;
    };
    declarator.init.as_ref()
}

pub(super) fn property<'a>(
    object: &'a ObjectExpression<'a>,
    name: &str,
) -> Option<&'a Expression<'a>> {
    object
        .properties
        .iter()
        .find_map(|property| match property {
            ObjectPropertyKind::ObjectProperty(p)
                if p.key.static_name().as_deref() == Some(name) =>
            {
                Some(&p.value)
            }
            _ => None,
        })
}

/// The object and the name of the method that is called.
pub(super) fn method<'e>(call: &'e CallExpression<'e>) -> Option<(&'e Expression<'e>, &'e str)> {
    match call.callee.get_inner_expression() {
        Expression::StaticMemberExpression(member) => {
            Some((&member.object, member.property.name.as_str()))
        }
        _ => None,
    }
}

/// The expression without parentheses, types and `await`.
pub(super) fn plain<'e>(expression: &'e Expression<'e>) -> &'e Expression<'e> {
    let mut inner = expression.get_inner_expression();
    while let Expression::AwaitExpression(awaited) = inner {
        inner = awaited.argument.get_inner_expression();
    }
    inner
}

/// A step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    /// One of a list, by its place.
    Item(usize),
}

/// How a pattern leads to the name: from the outside in.
pub(super) fn path(pattern: &BindingPattern, symbol: SymbolId) -> Option<Vec<Step>> {
    let step = |step: Step, pattern: &BindingPattern| {
        let rest = path(pattern, symbol)?;
        Some([vec![step], rest].concat())
    };
    match pattern {
        BindingPattern::BindingIdentifier(name) => (name.symbol_id() == symbol).then(Vec::new),
        BindingPattern::AssignmentPattern(assigned) => path(&assigned.left, symbol),
        BindingPattern::ObjectPattern(object) => {
            let found = object.properties.iter().find_map(|property| {
                let key = property.key.static_name()?.to_string();
                step(Step::Member(key), &property.value)
            });
            // What is left is of the same kind.
            found.or_else(|| path(&object.rest.as_ref()?.argument, symbol))
        }
        BindingPattern::ArrayPattern(array) => {
            let mut elements = array.elements.iter().enumerate();
            let found =
                elements.find_map(|(place, element)| step(Step::Item(place), element.as_ref()?));
            found.or_else(|| path(&array.rest.as_ref()?.argument, symbol))
        }
    }
}

pub(super) fn is_empty_object(argument: &Argument) -> bool {
    matches!(argument, Argument::ObjectExpression(object) if object.properties.is_empty())
}

/// `internal.users.current`
pub(super) fn function_path(argument: &Argument) -> Option<FunctionPath> {
    path_of(argument.as_expression()?)
}

/// The same, of an expression.
pub(super) fn path_of(mut expression: &Expression) -> Option<FunctionPath> {
    let mut names = Vec::new();
    while let Expression::StaticMemberExpression(member) = expression {
        names.insert(0, member.property.name.to_string());
        expression = &member.object;
    }
    let root = expression.is_specific_id("internal") || expression.is_specific_id("api");
    let name = names.pop().filter(|_| root && !names.is_empty())?;
    Some(FunctionPath::new(names.join("/"), name))
}

/// The texts that a type consists of.
pub(super) fn literals(argument: &TSType) -> Vec<String> {
    match argument {
        TSType::TSLiteralType(literal) => match &literal.literal {
            TSLiteral::StringLiteral(text) => vec![text.value.to_string()],
            _ => Vec::new(),
        },
        TSType::TSUnionType(union) => union.types.iter().flat_map(literals).collect(),
        _ => Vec::new(),
    }
}

/// Whether a call's object is what users' deployments have for what is done on main.
pub(super) fn is_on_main(object: &Expression) -> bool {
    matches!(object.get_inner_expression(),
        Expression::StaticMemberExpression(member) if member.property.name == "onMain")
}
