//! How operators are rewritten: as calls of what notices what is unknown.

use oxc_allocator::{CloneIn, TakeIn};
use oxc_ast::ast::{
    Argument, ArrowFunctionBody, AssignmentExpression, AssignmentOperator, AssignmentTarget,
    BindingPattern, CallExpression, Expression, FormalParameterKind, FormalParameters,
    IdentifierName, LogicalExpression, LogicalOperator,
};
use oxc_span::{GetSpan, SPAN};

use super::effects::{is_literal, is_plain, is_v};
use super::notice::Notice;

/// Functions of the language that do nothing but make a value of others.
const PURE: [(&str, &[&str]); 6] = [
    ("Array", &["isArray"]),
    (
        "Object",
        &[
            "entries",
            "fromEntries",
            "getOwnPropertyNames",
            "hasOwn",
            "is",
            "keys",
            "values",
        ],
    ),
    (
        "Number",
        &[
            "isFinite",
            "isInteger",
            "isNaN",
            "isSafeInteger",
            "parseFloat",
            "parseInt",
        ],
    ),
    ("JSON", &["parse", "stringify"]),
    ("String", &["fromCharCode", "fromCodePoint"]),
    ("BigInt", &["asIntN", "asUintN"]),
];
const PURE_GLOBALS: [&str; 13] = [
    "Array",
    "BigInt",
    "Boolean",
    "Number",
    "String",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
];

/// Methods that look for what they are given.
const LOOKING: [&str; 5] = ["get", "has", "includes", "indexOf", "lastIndexOf"];

/// Methods that decide by what the function says that they are given.
const DECIDING: [&str; 7] = [
    "every",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "some",
];

impl<'a> Notice<'a> {
    pub(super) fn call(
        &self,
        name: &'static str,
        arguments: Vec<Expression<'a>>,
    ) -> Expression<'a> {
        let builder = &self.builder;
        let span = arguments.first().map_or(SPAN, GetSpan::span);
        let object = Expression::new_identifier(span, "__byod__", builder);
        let property = IdentifierName::new(span, name, builder);
        let callee =
            Expression::new_static_member_expression(span, object, property, false, builder);
        let arguments = arguments.into_iter().map(Argument::from);
        let arguments = oxc_allocator::Vec::from_iter_in(arguments, &self.allocator);
        Expression::new_call_expression(span, callee, None, arguments, false, builder)
    }

    pub(super) fn text(&self, text: &'a str) -> Expression<'a> {
        Expression::new_string_literal(SPAN, text, None, &self.builder)
    }

    /// `() => expression`
    pub(super) fn later(&self, expression: Expression<'a>) -> Expression<'a> {
        let builder = &self.builder;
        let kind = FormalParameterKind::ArrowFormalParameters;
        let params = FormalParameters::boxed(SPAN, kind, [], None, builder);
        let body = ArrowFunctionBody::from(expression);
        Expression::new_arrow_function_expression(SPAN, false, None, params, None, body, builder)
    }

    /// `expression` in a call of `name`.
    pub(super) fn wrap(&self, name: &'static str, expression: &mut Expression<'a>) {
        if !is_literal(expression) {
            let inner = expression.take_in(&self.allocator);
            *expression = self.call(name, vec![inner]);
        }
    }

    pub(super) fn logical(&self, logical: &mut LogicalExpression<'a>) -> Option<Expression<'a>> {
        if !is_plain(&logical.right) {
            self.wrap("test", &mut logical.left);
            return None;
        }
        let name = match logical.operator {
            LogicalOperator::And => "and",
            LogicalOperator::Or => "or",
            LogicalOperator::Coalesce => "coalesce",
        };
        let left = logical.left.take_in(&self.allocator);
        let right = self.later(logical.right.take_in(&self.allocator));
        Some(self.call(name, vec![left, right]))
    }

    /// `a += b` and `a ||= b` as `a = a + b` and `a || (a = b)`, where reading `a` twice
    /// changes nothing.
    pub(super) fn assignment(
        &mut self,
        assignment: &mut AssignmentExpression<'a>,
    ) -> Option<Expression<'a>> {
        let builder = &self.builder;
        let span = assignment.span;
        let known = self.read(&assignment.left);
        let right = |all: &mut AssignmentExpression<'a>| all.right.take_in(&self.allocator);
        if let Some(operator) = assignment.operator.to_binary_operator() {
            let (operator, known) = (self.text(operator.as_str()), known?);
            let right = right(assignment);
            assignment.right = self.call("binary", vec![operator, known, right]);
            assignment.operator = AssignmentOperator::Assign;
            return None;
        }
        let operator = assignment.operator.to_logical_operator()?;
        let known = self.call("test", vec![known?]);
        let target = assignment.left.take_in(&self.allocator);
        let equals = AssignmentOperator::Assign;
        let right = right(assignment);
        let assigned = Expression::new_assignment_expression(span, equals, target, right, builder);
        Some(Expression::new_logical_expression(
            span, known, operator, assigned, builder,
        ))
    }

    pub(super) fn read(&self, target: &AssignmentTarget<'a>) -> Option<Expression<'a>> {
        let builder = &self.builder;
        let is_simple = |object: &Expression| {
            matches!(
                object,
                Expression::Identifier(_) | Expression::ThisExpression(_)
            )
        };
        match target {
            AssignmentTarget::AssignmentTargetIdentifier(name) => {
                Some(Expression::new_identifier(name.span, name.name, builder))
            }
            AssignmentTarget::StaticMemberExpression(member) if is_simple(&member.object) => Some(
                Expression::StaticMemberExpression(member.clone_in(self.allocator)),
            ),
            AssignmentTarget::ComputedMemberExpression(member)
                if is_simple(&member.object)
                    && (is_literal(&member.expression) || is_simple(&member.expression)) =>
            {
                Some(Expression::ComputedMemberExpression(
                    member.clone_in(self.allocator),
                ))
            }
            _ => None,
        }
    }

    pub(super) fn called(&self, call: &mut CallExpression<'a>) -> Option<Expression<'a>> {
        let is_spread = |argument: &Argument| argument.is_spread();
        if call.optional || call.arguments.iter().any(is_spread) {
            return None;
        }
        let given = |call: &mut CallExpression<'a>| {
            let arguments = call.arguments.take_in(&self.allocator);
            arguments
                .into_iter()
                .map(Argument::into_expression)
                .collect::<Vec<_>>()
        };
        match &mut call.callee {
            Expression::Identifier(name) if PURE_GLOBALS.contains(&name.name.as_str()) => {
                let callee = call.callee.take_in(&self.allocator);
                Some(self.call("pure", joined(vec![callee], given(call))))
            }
            Expression::StaticMemberExpression(member) if !member.optional => {
                let name = member.property.name;
                let is_pure = matches!(&member.object, Expression::Identifier(object)
                    if object.name == "Math" || PURE.iter().any(|(of, names)| object.name == *of && names.contains(&name.as_str())));
                if is_pure {
                    let callee = call.callee.take_in(&self.allocator);
                    return Some(self.call("pure", joined(vec![callee], given(call))));
                }
                if matches!(name.as_str(), "id" | "literal") && is_v(&member.object) {
                    let object = member.object.take_in(&self.allocator);
                    let name = self.text(name.as_str());
                    return Some(self.call("valid", joined(vec![object, name], given(call))));
                }
                if LOOKING.contains(&name.as_str())
                    && !matches!(member.object, Expression::Super(_))
                {
                    let object = member.object.take_in(&self.allocator);
                    let name = self.text(name.as_str());
                    return Some(self.call("look", joined(vec![object, name], given(call))));
                }
                if DECIDING.contains(&name.as_str())
                    && let Some(decides) = call.arguments.first_mut()
                    && let Some(decides) = decides.as_expression_mut()
                {
                    let function = decides.take_in(&self.allocator);
                    *decides = self.call("deciding", vec![function]);
                }
                None
            }
            _ => None,
        }
    }

    pub(super) fn spread(&self, arguments: &mut oxc_allocator::Vec<'a, Argument<'a>>) {
        for argument in arguments {
            if let Argument::SpreadElement(spread) = argument {
                self.wrap("many", &mut spread.argument);
            }
        }
    }

    /// What a function gets by `...rest` may have been spread from what is unknown.
    pub(super) fn rest(&self, params: &FormalParameters<'a>) -> Option<Expression<'a>> {
        let BindingPattern::BindingIdentifier(rest) = &params.rest.as_ref()?.rest.argument else {
            return None;
        };
        let builder = &self.builder;
        let name = Expression::new_identifier(rest.span, rest.name, builder);
        let value = self.call("array", vec![name]);
        let target =
            AssignmentTarget::new_assignment_target_identifier(rest.span, rest.name, builder);
        let equals = AssignmentOperator::Assign;
        Some(Expression::new_assignment_expression(
            rest.span, equals, target, value, builder,
        ))
    }
}

fn joined<'a>(mut all: Vec<Expression<'a>>, more: Vec<Expression<'a>>) -> Vec<Expression<'a>> {
    all.extend(more);
    all
}
