//! What is read of documents of main's of which users' deployments have copies: only
//! that is brought there.

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, BindingPattern, CallExpression, Expression};
use oxc_semantic::NodeId;
use oxc_span::GetSpan;

use super::nodes::Reader;
use super::operations::{Part, Touching};
use super::origin::Origin;
use super::syntax::{method, range};

impl Reader<'_, '_> {
    /// Adds what the node reads of what may be such a document.
    pub(super) fn parts(&self, id: NodeId, kind: AstKind, touching: &mut Touching) {
        let mirrored = &self.owners.mirrored;
        if mirrored.is_empty() {
            return;
        }
        let mut add = |of: Origin, field: Option<&str>| {
            let part = Part {
                of,
                field: field.map(str::to_owned),
            };
            if !touching.parts.contains(&part) {
                touching.parts.push(part);
            }
        };
        let mut whole = |expression: &Expression| match self.origin(expression, 0) {
            Origin::Nothing | Origin::Text(_) => {}
            of => add(of, None),
        };
        match kind {
            AstKind::StaticMemberExpression(member) => {
                let name = member.property.name.as_str();
                if mirrored.contains(name) {
                    add(self.origin(&member.object, 0), Some(name));
                }
            }
            // `user[key]`: any of them.
            AstKind::ComputedMemberExpression(member) => match &member.expression {
                Expression::NumericLiteral(_) => {}
                Expression::StringLiteral(name) => {
                    add(self.origin(&member.object, 0), Some(&name.value));
                }
                _ => whole(&member.object),
            },
            AstKind::BindingProperty(property) => {
                let Some(key) = property.key.static_name() else {
                    return;
                };
                let bound = match &property.value {
                    BindingPattern::AssignmentPattern(with_default) => &with_default.left,
                    value => value,
                };
                if let BindingPattern::BindingIdentifier(name) = bound
                    && mirrored.contains(key.as_ref())
                {
                    let of = match self.of_symbol(name.symbol_id(), 0) {
                        Origin::Member(of, _) => *of,
                        _ => Origin::Unknown,
                    };
                    add(of, Some(&key));
                }
            }
            // `const { plan, ...rest } = user`
            AstKind::VariableDeclarator(declarator) => {
                let is_open = matches!(&declarator.id,
                    BindingPattern::ObjectPattern(pattern) if pattern.rest.is_some());
                if let Some(init) = declarator.init.as_ref().filter(|_| is_open) {
                    whole(init);
                }
            }
            AstKind::SpreadElement(spread) => whole(&spread.argument),
            // What a helper gives is followed where it is called.
            AstKind::ReturnStatement(statement) if self.is_in_handler(id) => {
                if let Some(value) = &statement.argument {
                    whole(value);
                }
            }
            AstKind::ArrowFunctionExpression(arrow) if self.is_in_handler(id) => {
                if let Some(value) = arrow.body.as_expression() {
                    whole(value);
                }
            }
            AstKind::CallExpression(call) if !self.is_followed(call) => {
                let given = call.arguments.iter().filter_map(Argument::as_expression);
                given
                    .filter(|given| matches!(given, Expression::Identifier(_)))
                    .for_each(whole);
            }
            _ => {}
        }
    }

    /// Whether it is in a function that is called `handler`.
    fn is_in_handler(&self, id: NodeId) -> bool {
        self.nodes.ancestor_kinds(id).any(|kind| {
            matches!(kind, AstKind::ObjectProperty(property)
                if property.key.static_name().as_deref() == Some("handler"))
        })
    }

    /// Whether what is called shows what it does with what it is given.
    fn is_followed(&self, call: &CallExpression) -> bool {
        if let Some((object, _)) = method(call) {
            return !self.is_global(object, "JSON") && !self.is_global(object, "Object");
        }
        let is_apps = |symbol| {
            let import = self.import(symbol);
            import.is_none_or(|(from, _)| from.starts_with(['.', '@', '~']))
        };
        self.symbol(&call.callee).is_some_and(is_apps)
    }

    /// The fields that a query compares in what follows the call:
    /// `.withIndex("by_user", (q) => q.eq("userId", user._id))`.
    pub(super) fn asked_by(&self, call: &CallExpression) -> Vec<(String, Origin)> {
        let mut found = Vec::new();
        let mut at = call.node_id();
        loop {
            let parent = self.nodes.parent_id(at);
            let span = self.nodes.kind(at).span();
            match self.nodes.kind(parent) {
                AstKind::StaticMemberExpression(member) if member.object.span() == span => {}
                AstKind::CallExpression(call) if call.callee.span() == span => {
                    let is_condition = method(call).is_some_and(|(_, name)| {
                        matches!(name, "withIndex" | "withSearchIndex" | "filter")
                    });
                    if is_condition {
                        found.extend(self.compared(parent));
                    }
                }
                AstKind::ParenthesizedExpression(_) => {}
                _ => return found,
            }
            at = parent;
        }
    }

    /// Whether a query gives one document: `ctx.db.query("tokens").withIndex(…).unique()`
    pub(super) fn gives_one(&self, call: &CallExpression) -> bool {
        let mut at = call.node_id();
        loop {
            let parent = self.nodes.parent_id(at);
            let span = self.nodes.kind(at).span();
            match self.nodes.kind(parent) {
                AstKind::StaticMemberExpression(member) if member.object.span() == span => {
                    if matches!(&*member.property.name, "first" | "unique") {
                        return true;
                    }
                }
                AstKind::CallExpression(call) if call.callee.span() == span => {}
                AstKind::ParenthesizedExpression(_) => {}
                _ => return false,
            }
            at = parent;
        }
    }

    /// What `.eq("field", value)` compares in the node, or `.eq(q.field("field"), value)`.
    fn compared(&self, id: NodeId) -> Vec<(String, Origin)> {
        let mut found = Vec::new();
        let around = range(self.nodes.kind(id).span());
        for node in self.tree(id) {
            let AstKind::CallExpression(call) = node.kind() else {
                continue;
            };
            let (Some((_, "eq")), [field, value]) = (method(call), call.arguments.as_slice())
            else {
                continue;
            };
            let inner = range(call.span);
            if inner.start < around.start || inner.end > around.end {
                continue;
            }
            let name = match field {
                Argument::StringLiteral(name) => name.value.to_string(),
                Argument::CallExpression(field) => match field.arguments.first() {
                    Some(Argument::StringLiteral(name)) => name.value.to_string(),
                    _ => continue,
                },
                _ => continue,
            };
            let value = value.as_expression();
            found.push((
                name,
                value.map_or(Origin::Unknown, |value| self.origin(value, 0)),
            ));
        }
        found
    }
}
