//! What a statement would have done on main: documents that it writes, functions that it
//! schedules and helpers that it calls, each with what of it is written out.

use std::collections::BTreeMap;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, CallExpression, Expression, ObjectPropertyKind,
};
use oxc_semantic::NodeId;
use oxc_span::GetSpan;
use serde_json::Value;

use super::facts::{Facts, shorten};
use super::nodes::Reader;
use super::syntax::{method, range};
use super::written::{Helped, Row, Scheduled, Writes, Written};

impl Reader<'_, '_> {
    /// A call of a database that writes.
    pub(super) fn row(&self, id: NodeId, call: &CallExpression) -> Option<Row> {
        let (object, name) = method(call)?;
        let writes = match name {
            "insert" => Writes::Insert,
            "patch" => Writes::Patch,
            "replace" => Writes::Replace,
            "delete" => Writes::Delete,
            _ => return None,
        };
        if !self.is_database(object, 0) || call.arguments.iter().any(Argument::is_spread) {
            return None;
        }
        let by_id = if writes == Writes::Delete { 1 } else { 2 };
        let is_named = writes == Writes::Insert || call.arguments.len() > by_id;
        let table = match call.arguments.first()? {
            Argument::StringLiteral(table) if is_named => Some(table.value.to_string()),
            _ if is_named => return None,
            _ => None,
        };
        let value = match writes {
            Writes::Delete => None,
            _ => call.arguments.last().and_then(Argument::as_expression),
        };
        let database = match object.get_inner_expression() {
            Expression::StaticMemberExpression(member) if member.property.name == "db" => {
                let context = self.symbol(&member.object);
                let is_context = context.is_some_and(|symbol| self.is_context(symbol));
                is_context.then(|| range(member.property.span))
            }
            _ => None,
        };
        Some(Row {
            writes,
            table,
            database,
            at: call.arguments.first()?.span().start as usize,
            is_used: self.is_looked_at(id),
            value: value.map_or(Written::Is(Value::Null), |value| self.written(value)),
        })
    }

    /// How the function that the node names is scheduled, if it is.
    pub(super) fn scheduled(&self, function: NodeId) -> Option<Scheduled> {
        let AstKind::CallExpression(call) = self.nodes.parent_kind(function) else {
            return None;
        };
        let (object, "runAfter" | "runAt") = method(call)? else {
            return None;
        };
        let Expression::StaticMemberExpression(member) = object.get_inner_expression() else {
            return None;
        };
        let context = self.symbol(&member.object)?;
        let span = self.nodes.kind(function).span();
        let is_there = member.property.name == "scheduler"
            && self.is_context(context)
            && !call.arguments.iter().any(Argument::is_spread)
            && call.arguments.get(1).is_some_and(|a| a.span() == span);
        is_there.then(|| Scheduled {
            scheduler: range(member.property.span),
            function: range(span),
            args: match call.arguments.get(2).and_then(Argument::as_expression) {
                Some(args) => self.written(args),
                None => Written::Fields(BTreeMap::new()),
            },
        })
    }

    /// Notes that a function of the module is called with the context in front.
    pub(super) fn helped(&self, id: NodeId, call: &CallExpression, facts: &mut Facts) {
        let Expression::Identifier(name) = &call.callee else {
            return;
        };
        let Some(Argument::Identifier(first)) = call.arguments.first() else {
            return;
        };
        let first = self.scoping.get_reference(first.reference_id()).symbol_id();
        let callee = self.symbol(&call.callee);
        let is_helper = callee.is_some_and(|symbol| self.is_of_module(symbol))
            && first.is_some_and(|symbol| self.is_context(symbol));
        if !is_helper {
            return;
        }
        let rest = call.arguments[1..].iter();
        facts.helped.push(Helped {
            name: name.name.to_string(),
            is_used: self.is_looked_at(id),
            args: rest
                .map(|argument| Some(self.written(argument.as_expression()?)))
                .collect(),
            shown: shorten(&self.text[range(call.span)]),
        });
    }

    /// Whether something is done with what the call gives.
    fn is_looked_at(&self, call: NodeId) -> bool {
        let mut at = call;
        loop {
            let span = self.nodes.kind(at).span();
            let parent = self.nodes.parent_id(at);
            match self.nodes.kind(parent) {
                AstKind::AwaitExpression(_)
                | AstKind::ParenthesizedExpression(_)
                | AstKind::TSNonNullExpression(_)
                | AstKind::TSAsExpression(_) => {}
                // `isNew && (await bumpStats(ctx, …))`
                AstKind::LogicalExpression(logical) if logical.right.span() == span => {}
                AstKind::UnaryExpression(unary) => return unary.operator.as_str() != "void",
                AstKind::ExpressionStatement(_) => return false,
                _ => return true,
            }
            at = parent;
        }
    }

    fn written(&self, expression: &Expression) -> Written {
        let any = || Written::Any(self.spans_of(expression));
        match expression.get_inner_expression() {
            Expression::StringLiteral(text) => Written::Is(text.value.as_str().into()),
            Expression::NumericLiteral(number) => Written::Is(number.value.into()),
            Expression::UnaryExpression(unary) if unary.operator.as_str() == "-" => {
                match unary.argument.get_inner_expression() {
                    Expression::NumericLiteral(number) => Written::Is((-number.value).into()),
                    _ => any(),
                }
            }
            Expression::BooleanLiteral(is) => Written::Is(is.value.into()),
            Expression::NullLiteral(_) => Written::Is(Value::Null),
            Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
                let cooked = template
                    .quasis
                    .first()
                    .and_then(|q| q.value.cooked.as_ref());
                cooked.map_or_else(any, |text| Written::Is(text.as_str().into()))
            }
            Expression::ObjectExpression(object) => {
                let fields = object.properties.iter().map(|property| match property {
                    ObjectPropertyKind::ObjectProperty(property) => {
                        let name = property.key.static_name()?.into_owned();
                        Some((name, self.written(&property.value)))
                    }
                    ObjectPropertyKind::SpreadProperty(_) => None,
                });
                fields
                    .collect::<Option<_>>()
                    .map_or_else(any, Written::Fields)
            }
            Expression::ArrayExpression(array) => {
                let items = array.elements.iter().map(|element| match element {
                    ArrayExpressionElement::SpreadElement(_)
                    | ArrayExpressionElement::Elision(_) => None,
                    element => Some(self.written(element.as_expression()?)),
                });
                items
                    .collect::<Option<_>>()
                    .map_or_else(any, Written::Items)
            }
            _ => any(),
        }
    }
}
