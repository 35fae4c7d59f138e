//! How a context is asked who calls, and what reaches identities and databases past what is
//! followed.

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, BindingPattern, CallExpression, Expression};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::GetSpan;

use byod_schema::FunctionPath;

use super::facts::{Caller, Facts};
use super::nodes::Reader;
use super::syntax::{Step, function_path, is_empty_object, method, path, range};

/// Members of a context that run a function.
const CALLS: [&str; 3] = ["runQuery", "runMutation", "runAction"];

impl Reader<'_, '_> {
    /// Whether the name is what a handler or a helper takes out of its context to ask who calls:
    /// `async ({ db, auth }) => …`.
    pub(super) fn is_taken_auth(&self, symbol: SymbolId) -> bool {
        let declaration = self.scoping.symbol_declaration(symbol);
        let (pattern, is_of_context) = match self.nodes.kind(declaration) {
            AstKind::FormalParameter(parameter) => {
                let annotation = parameter.type_annotation.as_ref();
                let is_typed =
                    annotation.is_some_and(|of| self.text[range(of.span)].contains("Ctx"));
                let is_first = self.is_first_of_handler(declaration);
                (&parameter.pattern, is_typed || is_first)
            }
            AstKind::VariableDeclarator(declarator) => {
                let init = declarator.init.as_ref().and_then(|init| self.symbol(init));
                (
                    &declarator.id,
                    init.is_some_and(|init| self.is_context(init)),
                )
            }
            _ => return false,
        };
        is_of_context
            && !self.is_of_module(symbol)
            && path(pattern, symbol).is_some_and(|steps| steps == [Step::Member("auth".to_owned())])
    }

    /// A use of what was taken out of a context to ask who calls.
    pub(super) fn auth_used(&self, id: NodeId, facts: &mut Facts) {
        let (path, outermost) = self.members(id);
        let parent = self.nodes.parent_id(outermost);
        let is_called = matches!(self.nodes.kind(parent), AstKind::CallExpression(call)
            if call.callee.span() == self.nodes.kind(outermost).span());
        if is_called && path == ["getUserIdentity"] {
            self.result(parent, Caller::Identity, facts);
        } else {
            facts
                .problems
                .insert("uses `auth` of its context in a way that can't be followed".into());
        }
    }

    /// Whether the name is called with the context alone: `getUser(ctx)`.
    pub(super) fn is_asked(&self, id: NodeId) -> bool {
        match self.nodes.parent_kind(id) {
            AstKind::CallExpression(call) => {
                let [Argument::Identifier(given)] = call.arguments.as_slice() else {
                    return false;
                };
                let given = self.scoping.get_reference(given.reference_id()).symbol_id();
                call.callee.span() == self.nodes.kind(id).span()
                    && given.is_some_and(|symbol| self.is_context(symbol))
            }
            _ => false,
        }
    }

    /// Whether the function `id` is run by a context, without arguments.
    pub(super) fn is_run(&self, id: NodeId) -> bool {
        match self.nodes.parent_kind(id) {
            AstKind::CallExpression(call) => {
                let runs = method(call).is_some_and(|(object, method)| {
                    CALLS.contains(&method)
                        && self.symbol(object).is_some_and(|s| self.is_context(s))
                });
                runs && asked(call).is_some()
            }
            _ => false,
        }
    }

    /// What reaches identities and databases past what is followed.
    pub(super) fn check_parts(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        let problem = match kind {
            AstKind::CallExpression(call) => {
                let asks = method(call).filter(|(_, method)| *method == "getUserIdentity");
                asks.is_some_and(|(auth, _)| !self.is_auth(auth))
                    .then_some("asks who calls in a way that can't be followed")
            }
            AstKind::IdentifierReference(name) if name.name == "arguments" => {
                Some("uses `arguments`, among which its context may be")
            }
            AstKind::StringLiteral(text) => (text.value == "getUserIdentity")
                .then_some("asks who calls in a way that can't be followed"),
            AstKind::ComputedMemberExpression(member) => self
                .is_database(&member.object, 0)
                .then_some("uses its database in a way that can't be followed"),
            AstKind::StaticMemberExpression(member) => {
                let is_called = matches!(self.nodes.parent_kind(id),
                    AstKind::CallExpression(call) if call.callee.span() == member.span);
                let is_system = member.property.name == "system";
                (!is_called && !is_system && self.is_database(&member.object, 0))
                    .then_some("uses its database in a way that can't be followed")
            }
            AstKind::VariableDeclarator(declarator) => {
                let is_database = matches!(&declarator.id, BindingPattern::ObjectPattern(pattern)
                if pattern.rest.is_some() || pattern.properties.iter().any(|property| {
                    property.key.static_name().as_deref() != Some("system")
                })) && declarator
                    .init
                    .as_ref()
                    .is_some_and(|init| self.is_database(init, 0));
                is_database.then_some("uses its database in a way that can't be followed")
            }
            _ => None,
        };
        facts.problems.extend(problem.map(str::to_owned));
    }

    /// `ctx.auth`
    fn is_auth(&self, expression: &Expression) -> bool {
        match expression.get_inner_expression() {
            Expression::Identifier(_) => self
                .symbol(expression)
                .is_some_and(|symbol| self.is_taken_auth(symbol)),
            Expression::StaticMemberExpression(member) => {
                member.property.name == "auth"
                    && self
                        .symbol(&member.object)
                        .is_some_and(|s| self.is_context(s))
            }
            _ => false,
        }
    }
}

/// The function that a call runs, where it gives it no arguments.
pub(super) fn asked(call: &CallExpression) -> Option<FunctionPath> {
    let takes_none = call.arguments.len() <= 2 && call.arguments.get(1).is_none_or(is_empty_object);
    let function = call.arguments.first().and_then(function_path);
    function.filter(|_| takes_none)
}
