//! What a function learns of who calls, and what it does with that.

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, BindingPattern, Expression, Statement};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::GetSpan;

use super::facts::{Access, Caller, Decides, Facts};
use super::nodes::Reader;
use super::syntax::{method, range};

impl Reader<'_, '_> {
    /// What becomes of the result of the call `id`.
    pub(super) fn result(&self, call: NodeId, caller: Caller, facts: &mut Facts) {
        let mut value = call;
        loop {
            let parent = self.nodes.parent_id(value);
            match self.nodes.kind(parent) {
                AstKind::AwaitExpression(_)
                | AstKind::ParenthesizedExpression(_)
                | AstKind::TSNonNullExpression(_) => value = parent,
                // `identity && (await …)`
                AstKind::LogicalExpression(logical)
                    if logical.operator.is_and()
                        && logical.right.span() == self.nodes.kind(value).span() =>
                {
                    value = parent;
                }
                _ => break,
            }
        }
        let parent = self.nodes.parent_id(value);
        if let AstKind::VariableDeclarator(declarator) = self.nodes.kind(parent) {
            return self.bound(&declarator.id, &caller, facts);
        }
        if matches!(self.nodes.kind(parent), AstKind::ExpressionStatement(_)) {
            // Only that there is somebody.
            return facts.access.push(Access {
                caller,
                path: Vec::new(),
                is_null_test: true,
                is_owner: false,
                lookup: None,
                decides: None,
                given_to: None,
                span: 0..0,
            });
        }
        let (path, outermost) = self.members(value);
        self.access(outermost, caller, path, facts);
    }

    fn bound(&self, pattern: &BindingPattern, caller: &Caller, facts: &mut Facts) {
        match pattern {
            BindingPattern::BindingIdentifier(identifier) => {
                self.uses(identifier.symbol_id(), caller, &[], facts);
            }
            BindingPattern::ObjectPattern(object) if object.rest.is_none() => {
                for property in &object.properties {
                    match (property.key.static_name(), &property.value) {
                        (Some(key), BindingPattern::BindingIdentifier(identifier)) => {
                            let path = [key.to_string()];
                            self.uses(identifier.symbol_id(), caller, &path, facts);
                        }
                        _ => self.whole(caller, facts),
                    }
                }
            }
            _ => self.whole(caller, facts),
        }
    }

    fn whole(&self, caller: &Caller, facts: &mut Facts) {
        facts.access.push(Access {
            caller: caller.clone(),
            path: Vec::new(),
            is_null_test: false,
            is_owner: false,
            lookup: None,
            decides: None,
            given_to: None,
            span: 0..0,
        });
    }

    fn uses(&self, symbol: SymbolId, caller: &Caller, before: &[String], facts: &mut Facts) {
        for reference in self.scoping.get_resolved_references(symbol) {
            let (path, outermost) = self.members(reference.node_id());
            let path = before.iter().cloned().chain(path).collect();
            self.access(outermost, caller.clone(), path, facts);
        }
    }

    pub(super) fn access(&self, at: NodeId, caller: Caller, path: Vec<String>, facts: &mut Facts) {
        facts.access.push(Access {
            caller,
            path,
            is_null_test: self.is_null_test(at),
            is_owner: self.is_owner(at),
            lookup: self.lookup_around(at),
            decides: self.decides(at),
            given_to: None,
            span: range(self.nodes.kind(at).span()),
        });
    }

    /// What is decided by what the node, a member of the caller, comes to.
    fn decides(&self, at: NodeId) -> Option<Decides> {
        let mut at = at;
        loop {
            let span = self.nodes.kind(at).span();
            let parent = self.nodes.parent_id(at);
            match self.nodes.kind(parent) {
                AstKind::UnaryExpression(_)
                | AstKind::BinaryExpression(_)
                | AstKind::LogicalExpression(_)
                | AstKind::ParenthesizedExpression(_)
                | AstKind::ChainExpression(_)
                | AstKind::TSAsExpression(_)
                | AstKind::TSNonNullExpression(_) => {}
                // `user.roles.includes("admin")`, `["admin", "staff"].includes(user.role)`
                AstKind::StaticMemberExpression(member)
                    if matches!(&*member.property.name, "includes" | "has" | "some") => {}
                AstKind::CallExpression(call)
                    if call.callee.span() == span
                        || method(call)
                            .is_some_and(|(_, name)| matches!(name, "includes" | "has")) => {}
                AstKind::IfStatement(choice) => {
                    return ends(&choice.consequent).then_some(Decides::WhetherToGoOn);
                }
                AstKind::ReturnStatement(_) => return Some(Decides::Answer),
                AstKind::ArrowFunctionExpression(arrow) => {
                    let is_body = arrow.body.span() == span;
                    return is_body.then_some(Decides::Answer);
                }
                _ => return None,
            }
            at = parent;
        }
    }

    fn is_null_test(&self, at: NodeId) -> bool {
        match self.nodes.kind(self.nodes.parent_id(at)) {
            AstKind::UnaryExpression(unary) => unary.operator.as_str() == "!",
            AstKind::IfStatement(_) => true,
            // `identity && …`, `user ? … : …`
            AstKind::LogicalExpression(logical) => {
                logical.operator.is_and() && logical.left.span() == self.nodes.kind(at).span()
            }
            AstKind::ConditionalExpression(choice) => {
                choice.test.span() == self.nodes.kind(at).span()
            }
            AstKind::BinaryExpression(binary) => {
                let is_null = |e: &Expression| {
                    matches!(e.get_inner_expression(), Expression::NullLiteral(_))
                        || e.is_specific_id("undefined")
                };
                binary.operator.is_equality() && (is_null(&binary.left) || is_null(&binary.right))
            }
            _ => false,
        }
    }

    /// `q.eq("userId", at)`, `{ userId: at }`, `note.userId === at`
    fn is_owner(&self, at: NodeId) -> bool {
        let is_subject = |name: &str| self.owners.fields.contains(name);
        let span = self.nodes.kind(at).span();
        match self.nodes.kind(self.nodes.parent_id(at)) {
            AstKind::CallExpression(call) => {
                let Expression::StaticMemberExpression(callee) = &call.callee else {
                    return false;
                };
                callee.property.name == "eq"
                    && call.arguments.get(1).is_some_and(|a| a.span() == span)
                    && match call.arguments.first() {
                        Some(Argument::StringLiteral(field)) => is_subject(&field.value),
                        Some(Argument::CallExpression(field)) => {
                            matches!(field.arguments.first(),
                                Some(Argument::StringLiteral(field)) if is_subject(&field.value))
                        }
                        _ => false,
                    }
            }
            AstKind::ObjectProperty(property) => property
                .key
                .static_name()
                .is_some_and(|key| is_subject(&key)),
            AstKind::BinaryExpression(binary) if binary.operator.is_equality() => {
                let other = if binary.left.span() == span {
                    &binary.right
                } else {
                    &binary.left
                };
                match other.get_inner_expression() {
                    Expression::StaticMemberExpression(member) => is_subject(&member.property.name),
                    // `note?.userId`
                    Expression::ChainExpression(chain) => {
                        let member = chain.expression.as_member_expression();
                        member
                            .and_then(|member| member.static_property_name())
                            .is_some_and(is_subject)
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

/// Whether nothing comes behind the statement.
fn ends(statement: &Statement) -> bool {
    match statement {
        Statement::ThrowStatement(_) | Statement::ReturnStatement(_) => true,
        Statement::BlockStatement(block) => block.body.last().is_some_and(ends),
        _ => false,
    }
}
