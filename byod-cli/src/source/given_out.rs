//! What a function made by another gives of what that one keeps: `() => seen`, where
//! `seen` is a variable of the function around.

use oxc_ast::AstKind;
use oxc_ast::ast::{CallExpression, Expression};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::GetSpan;

use super::facts::{Facts, Keeper, Kept, shorten};
use super::kept::{CHANGING, DEPTH};
use super::nodes::Reader;
use super::syntax::{method, plain, range};

impl Reader<'_, '_> {
    /// Notes where a variable of a function around is given out, whole or by a method that
    /// changes it: `all.push.bind(all)`.
    pub(super) fn given_out(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        match kind {
            AstKind::IdentifierReference(name) => {
                let reference = self.scoping.get_reference(name.reference_id());
                let symbol = reference.symbol_id().filter(|_| reference.is_read());
                let Some(maker) = symbol.and_then(|symbol| self.maker(id, symbol)) else {
                    return;
                };
                if !self.is_given(id) {
                    return;
                }
                if self.has_name(maker) {
                    facts.gives_out_if_made = true;
                } else if self.is_outermost(maker) {
                    facts.gives_out = true;
                }
            }
            AstKind::CallExpression(call) => {
                let Some((object, "bind")) = method(call) else {
                    return;
                };
                let Expression::StaticMemberExpression(bound) = object.get_inner_expression()
                else {
                    return;
                };
                if CHANGING.contains(&bound.property.name.as_str()) {
                    let is_at_load = self.functions_around(id).is_empty();
                    facts.kept.push(Kept {
                        shown: shorten(&self.text[range(call.span)]),
                        is_of_call: false,
                        is_direct: false,
                        keeper: if is_at_load {
                            Keeper::Module
                        } else {
                            Keeper::Around
                        },
                        of: None,
                    });
                }
            }
            _ => {}
        }
    }

    /// Notes where it is asked what an expression found last, whosever call that was:
    /// `RegExp.$1`.
    pub(super) fn left_over(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        let (object, name) = match kind {
            AstKind::StaticMemberExpression(member) => {
                (&member.object, member.property.name.as_str())
            }
            AstKind::ComputedMemberExpression(member) => (&member.object, ""),
            _ => return,
        };
        let of_language = ["escape", "name", "prototype"].contains(&name);
        if self.is_global(object.get_inner_expression(), "RegExp")
            && !of_language
            && !self.functions_around(id).is_empty()
        {
            facts.kept.push(Kept {
                shown: shorten(&self.text[range(kind.span())]),
                is_of_call: false,
                is_direct: false,
                keeper: Keeper::Module,
                of: None,
            });
        }
    }

    /// Notes where what a function of the module gave is written to.
    pub(super) fn changed_result(
        &self,
        id: NodeId,
        written: NodeId,
        of: &Expression,
        facts: &mut Facts,
    ) {
        if self.functions_around(id).is_empty() {
            return;
        }
        if let Some(name) = self.result_of(of, 0) {
            let span = self.nodes.kind(written).span();
            let kept = Kept {
                shown: shorten(&self.text[range(span)]),
                is_of_call: self.is_of_call(written, 0),
                is_direct: false,
                keeper: Keeper::Module,
                of: None,
            };
            facts.results.push((name, kept));
        }
    }

    /// Of what function of the module the expression is the result, or a part of that.
    fn result_of(&self, expression: &Expression, depth: usize) -> Option<String> {
        if depth > DEPTH {
            return None;
        }
        match plain(expression) {
            Expression::StaticMemberExpression(member) => self.result_of(&member.object, depth + 1),
            Expression::ComputedMemberExpression(member) => {
                self.result_of(&member.object, depth + 1)
            }
            Expression::CallExpression(call) => self
                .module_name(call)
                .or_else(|| self.result_of(method(call)?.0, depth + 1)),
            name @ Expression::Identifier(_) => {
                let of = self.made_of(self.symbol(name)?)?;
                self.result_of(of, depth + 1)
            }
            _ => None,
        }
    }

    /// The name of the module that the call is of, or of a member of: `store.read()`.
    fn module_name(&self, call: &CallExpression) -> Option<String> {
        let mut callee = call.callee.get_inner_expression();
        while let Expression::StaticMemberExpression(member) = callee {
            callee = member.object.get_inner_expression();
        }
        let Expression::Identifier(name) = callee else {
            return None;
        };
        let symbol = self.symbol(callee)?;
        self.is_of_module(symbol).then(|| name.name.to_string())
    }

    /// The function whose variable the name means, where it stands in one inside of that.
    fn maker(&self, id: NodeId, symbol: SymbolId) -> Option<NodeId> {
        let declaration = self.scoping.symbol_declaration(symbol);
        let is_value = match self.nodes.kind(declaration) {
            AstKind::FormalParameter(_) => true,
            AstKind::VariableDeclarator(declarator) => matches!(
                declarator
                    .init
                    .as_ref()
                    .map(Expression::get_inner_expression),
                Some(
                    Expression::ArrayExpression(_)
                        | Expression::ObjectExpression(_)
                        | Expression::NewExpression(_)
                )
            ),
            _ => false,
        };
        let maker = self.function_of(declaration).filter(|_| is_value)?;
        let inner = self.function_of(id)?;
        (inner != maker).then_some(maker)
    }

    fn function_of(&self, id: NodeId) -> Option<NodeId> {
        self.nodes.ancestor_ids(id).find(|ancestor| {
            matches!(
                self.nodes.kind(*ancestor),
                AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
            )
        })
    }

    /// Whether the function is declared, or is a variable's value.
    fn has_name(&self, function: NodeId) -> bool {
        match self.nodes.kind(function) {
            AstKind::Function(of) if of.is_declaration() => true,
            _ => matches!(
                self.nodes.parent_kind(function),
                AstKind::VariableDeclarator(_)
            ),
        }
    }

    /// Whether it runs when its module is loaded: it is called in place, or handed to what is.
    fn is_outermost(&self, function: NodeId) -> bool {
        self.functions_around(function).is_empty()
            && !matches!(self.nodes.parent_kind(function), AstKind::ObjectProperty(_))
    }

    /// Whether what stands there is what its function gives, or a part of a list or an
    /// object in it.
    fn is_given(&self, id: NodeId) -> bool {
        let mut at = id;
        loop {
            let span = self.nodes.kind(at).span();
            at = self.nodes.parent_id(at);
            match self.nodes.kind(at) {
                AstKind::ParenthesizedExpression(_)
                | AstKind::TSAsExpression(_)
                | AstKind::TSNonNullExpression(_)
                | AstKind::TSSatisfiesExpression(_) => {}
                AstKind::StaticMemberExpression(member) if member.object.span() == span => {}
                AstKind::ComputedMemberExpression(member) if member.object.span() == span => {}
                AstKind::ReturnStatement(_)
                | AstKind::ObjectProperty(_)
                | AstKind::ArrayExpression(_)
                | AstKind::ArrowFunctionExpression(_) => return true,
                _ => return false,
            }
        }
    }
}
