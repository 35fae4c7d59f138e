//! For whom a function runs others.

use std::collections::BTreeSet;
use std::ops::Range;

use byod_schema::FunctionPath;
use oxc_ast::ast::{CallExpression, Expression, ObjectPropertyKind};
use oxc_span::GetSpan;

use super::facts::{Facts, Named, shorten};
use super::nodes::Reader;
use super::syntax::{method, path_of, range};

/// How far names are followed.
const DEPTH: usize = 8;

impl Reader<'_, '_> {
    /// Notes whom the arguments at the position name as the caller of what is run.
    pub(super) fn runs(&self, call: &CallExpression, position: usize, facts: &mut Facts) {
        let at = |place: usize| call.arguments.get(place).and_then(|a| a.as_expression());
        let (Some(function), Some(args)) = (at(position), at(position + 1)) else {
            return;
        };
        let mut functions = Vec::new();
        self.functions(function, &mut functions, 0);
        let found = self.named(args, &self.owners.arguments, &functions);
        facts.named.extend(found);
    }

    /// Notes whose `db.insert("notes", { userId })` says that a document is.
    pub(super) fn owns(&self, call: &CallExpression, facts: &mut Facts) {
        let Some((object, "insert" | "patch" | "replace")) = method(call) else {
            return;
        };
        let is_database = match object.get_inner_expression() {
            Expression::StaticMemberExpression(member) => member.property.name == "db",
            inner => inner.is_specific_id("db"),
        };
        let value = call.arguments.last().and_then(|a| a.as_expression());
        if let (true, Some(value)) = (is_database, value) {
            let found = self.named(value, &self.owners.fields, &[]);
            facts.owners.extend(found);
        }
    }

    fn named(
        &self,
        object: &Expression,
        names: &BTreeSet<String>,
        functions: &[FunctionPath],
    ) -> Vec<Named> {
        let mut found = Vec::new();
        let Expression::ObjectExpression(object) = self.constant(object) else {
            return found;
        };
        for property in &object.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                continue;
            };
            let name = property.key.static_name();
            let Some(name) = name.filter(|name| names.contains(name.as_ref())) else {
                continue;
            };
            found.push(Named {
                functions: functions.to_vec(),
                name: name.to_string(),
                spans: self.spans_of(&property.value),
                origin: self.origin(&property.value, 0),
                shown: shorten(&self.text[range(property.span)]),
            });
        }
        found
    }

    /// Where the value is, and the constants that it is made of.
    pub(super) fn spans_of(&self, value: &Expression) -> Vec<Range<usize>> {
        let mut spans = vec![range(value.span())];
        let mut value = value;
        for _ in 0..DEPTH {
            spans.push(range(value.get_inner_expression().span()));
            let declared = self.symbol(value).and_then(|s| self.declared(s));
            let Some((init, None)) = declared else { break };
            spans.push(range(init.span()));
            value = init;
        }
        spans
    }

    fn functions(&self, expression: &Expression, found: &mut Vec<FunctionPath>, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match self.constant(expression) {
            Expression::ConditionalExpression(choice) => {
                self.functions(&choice.consequent, found, depth + 1);
                self.functions(&choice.alternate, found, depth + 1);
            }
            inner => found.extend(path_of(inner)),
        }
    }

    /// The expression, or what the constant of that name is.
    fn constant<'e>(&'e self, expression: &'e Expression<'e>) -> &'e Expression<'e> {
        let mut inner = expression.get_inner_expression();
        for _ in 0..DEPTH {
            let declared = self.symbol(inner).and_then(|s| self.declared(s));
            let Some((init, None)) = declared else { break };
            inner = init.get_inner_expression();
        }
        inner
    }
}
