//! How documents are reached: by the table's name, or by an id alone.

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, CallExpression, Expression};
use oxc_span::GetSpan;

use super::facts::{Facts, Reached, shorten};
use super::nodes::Reader;
use super::origin::Origin;
use super::syntax::{method, range};

impl Reader<'_, '_> {
    /// Notes by which id a call of the database reaches a document, unless it names
    /// the table.
    pub(super) fn reached(&self, call: &CallExpression, facts: &mut Facts) {
        let Some((object, name)) = method(call) else {
            return;
        };
        if !self.is_database(object, 0) {
            return;
        }
        let ids = match name {
            "get" | "delete" => 1,
            "patch" | "replace" => 2,
            // By the table's name.
            _ => {
                let is_text = matches!(call.arguments.first(), Some(Argument::StringLiteral(_)));
                facts.has_computed_tables |= !is_text;
                return;
            }
        };
        if call.arguments.len() > ids {
            let is_text = matches!(call.arguments.first(), Some(Argument::StringLiteral(_)));
            facts.has_computed_tables |= !is_text;
            return;
        }
        let id = call.arguments.first().and_then(Argument::as_expression);
        facts.reached.push(Reached {
            id: id.map_or(Origin::Unknown, |id| self.origin(id, 0)),
            at: id.map_or(call.span.end, |id| id.span().start) as usize,
            is_read: name == "get",
            shown: shorten(&self.text[range(call.span)]),
        });
    }

    /// `ctx.db`, or a variable that is that.
    pub(super) fn is_database(&self, expression: &Expression, depth: usize) -> bool {
        match expression.get_inner_expression() {
            Expression::StaticMemberExpression(member) => {
                member.property.name == "db"
                    // `ctx.db.system`
                    || member.property.name == "system" && self.is_database(&member.object, depth)
            }
            Expression::Identifier(name) => {
                let declared = self.symbol(expression).and_then(|s| self.declared(s));
                let is_typed = || {
                    let symbol = self.symbol(expression)?;
                    let declaration = self.scoping.symbol_declaration(symbol);
                    let annotation = match self.nodes.kind(declaration) {
                        AstKind::FormalParameter(parameter) => &parameter.type_annotation,
                        AstKind::VariableDeclarator(declarator) => &declarator.type_annotation,
                        _ => return None,
                    };
                    let written = &self.text[range(annotation.as_ref()?.span)];
                    let is_part = written.contains("[\"db\"]") || written.contains("['db']");
                    Some(written.contains("Database") || is_part)
                };
                name.name == "db"
                    || is_typed().unwrap_or_default()
                    || match declared {
                        Some((init, None)) => depth < 8 && self.is_database(init, depth + 1),
                        Some((_, Some(key))) => key == "db",
                        None => false,
                    }
            }
            _ => false,
        }
    }
}
