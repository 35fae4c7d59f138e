//! What a function leaves behind for the next call: what it writes outside of itself.

use std::collections::BTreeSet;

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, CallExpression, Expression, MethodDefinitionKind};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::GetSpan;

use super::facts::{Facts, Keeper, Kept, shorten};
use super::nodes::Reader;
use super::syntax::{method, range};

/// Methods that change what they are called on.
pub(super) const CHANGING: [&str; 14] = [
    "add",
    "append",
    "clear",
    "copyWithin",
    "delete",
    "fill",
    "pop",
    "push",
    "reverse",
    "set",
    "shift",
    "sort",
    "splice",
    "unshift",
];
/// Methods that give a part of what they are called on.
const PARTS: [&str; 6] = ["at", "entries", "find", "findLast", "get", "values"];

/// Members by which an object leads to what all of its kind have.
const SHARED: [&str; 2] = ["__proto__", "constructor"];

/// How far names are followed.
pub(super) const DEPTH: usize = 8;

/// What holds a value.
enum Holder {
    Name(SymbolId),
    This,
    /// What is nobody's: `Array.prototype`, `console`.
    Global,
}

impl Reader<'_, '_> {
    /// Notes where something is written that is there after the call.
    pub(super) fn kept(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        if let AstKind::CallExpression(call) = kind {
            self.given(id, call, facts);
        }
        let (holder, written) = match kind {
            AstKind::IdentifierReference(name) => {
                let reference = self.scoping.get_reference(name.reference_id());
                let holder = reference.symbol_id().map_or(Holder::Global, Holder::Name);
                let written = reference.is_write().then_some(holder);
                (written, self.nodes.parent_id(id))
            }
            AstKind::NewExpression(_) | AstKind::CallExpression(_) if self.is_moving(id, kind) => {
                facts.kept.push(Kept {
                    shown: shorten(&self.text[range(kind.span())]),
                    is_of_call: false,
                    is_direct: false,
                    keeper: Keeper::Module,
                    of: None,
                });
                return;
            }
            AstKind::StaticMemberExpression(member) if self.is_target(id) => {
                let written = self.nodes.parent_id(id);
                self.changed_result(id, written, &member.object, facts);
                (self.holder(&member.object, 1), written)
            }
            AstKind::ComputedMemberExpression(member) if self.is_target(id) => {
                let written = self.nodes.parent_id(id);
                self.changed_result(id, written, &member.object, facts);
                (self.holder(&member.object, 1), written)
            }
            AstKind::PrivateFieldExpression(member) if self.is_target(id) => {
                (self.holder(&member.object, 0), self.nodes.parent_id(id))
            }
            AstKind::CallExpression(call) => {
                let Some((object, name)) = method(call) else {
                    return;
                };
                let is_reflected = self.is_global(object, "Object")
                    && matches!(name, "assign" | "defineProperty" | "defineProperties")
                    || self.is_global(object, "Reflect");
                let changed = if is_reflected {
                    call.arguments.first().and_then(Argument::as_expression)
                } else {
                    CHANGING.contains(&name).then_some(object)
                };
                if let Some(changed) = changed {
                    self.changed_result(id, id, changed, facts);
                }
                (changed.and_then(|changed| self.holder(changed, 0)), id)
            }
            _ => return,
        };
        let Some(holder) = holder else { return };
        // Not where the name itself gets another value.
        let is_part = !matches!(kind, AstKind::IdentifierReference(_));
        let functions = self.functions_around(id);
        if functions.is_empty() {
            return;
        }
        let keeper = match holder {
            Holder::Name(symbol) => {
                let declared = self.scoping.symbol_declaration(symbol);
                let around = self.functions_around(declared).len();
                if around == 0 {
                    Keeper::Module
                } else if let Some(place) = self.parameter_of(declared).filter(|_| is_part) {
                    // Who calls it may give it anything.
                    facts.changed_parameters.insert(place);
                    return;
                } else if functions.len() > around {
                    Keeper::Around
                } else {
                    return;
                }
            }
            Holder::Global => Keeper::Module,
            Holder::This => match self.keeper_of_this(id) {
                Some(keeper) => keeper,
                None => return,
            },
        };
        let span = self.nodes.kind(written).span();
        facts.kept.push(Kept {
            shown: shorten(&self.text[range(span)]),
            is_of_call: self.is_of_call(written, 0),
            is_direct: functions.len() == 1,
            keeper,
            of: match kind {
                AstKind::CallExpression(call) => self.method_of(call),
                _ => None,
            },
        });
    }

    /// The name of the module whose method is called: `counts.add(…)`.
    pub(super) fn method_of(&self, call: &CallExpression) -> Option<String> {
        let (object, _) = method(call)?;
        let symbol = self.symbol(object).filter(|s| self.is_of_module(*s))?;
        Some(self.scoping.symbol_name(symbol).to_owned())
    }

    /// Notes what of the module a function is given, which may change it.
    fn given(&self, id: NodeId, call: &CallExpression, facts: &mut Facts) {
        let Expression::Identifier(callee) = &call.callee else {
            return;
        };
        if self.functions_around(id).is_empty() {
            return;
        }
        for (place, argument) in call.arguments.iter().enumerate() {
            let holder = argument.as_expression().and_then(|a| self.holder(a, 0));
            let Some(Holder::Name(symbol)) = holder else {
                continue;
            };
            if self.is_of_module(symbol) {
                let kept = Kept {
                    shown: shorten(&self.text[range(call.span)]),
                    is_of_call: self.is_of_call(id, 0),
                    is_direct: false,
                    keeper: Keeper::Module,
                    of: None,
                };
                facts.given.push((callee.name.to_string(), place, kept));
            }
        }
    }

    /// The place of the parameter of a function that its module declares.
    fn parameter_of(&self, declaration: NodeId) -> Option<usize> {
        let AstKind::FormalParameter(parameter) = self.nodes.kind(declaration) else {
            return None;
        };
        let parameters = self.nodes.parent_id(declaration);
        let AstKind::FormalParameters(list) = self.nodes.kind(parameters) else {
            return None;
        };
        let is_own = self.functions_around(declaration).len() == 1;
        let mut items = list.items.iter();
        let place = items.position(|item| item.span == parameter.span);
        place.filter(|_| is_own)
    }

    /// Whether the member is written to or deleted.
    fn is_target(&self, id: NodeId) -> bool {
        let span = self.nodes.kind(id).span();
        match self.nodes.parent_kind(id) {
            AstKind::AssignmentExpression(assignment) => assignment.left.span() == span,
            AstKind::UpdateExpression(_)
            | AstKind::ArrayAssignmentTarget(_)
            | AstKind::AssignmentTargetRest(_) => true,
            AstKind::AssignmentTargetPropertyProperty(property) => property.binding.span() == span,
            AstKind::AssignmentTargetWithDefault(target) => target.binding.span() == span,
            // `for (o.last of texts)`
            AstKind::ForOfStatement(each) => each.left.span() == span,
            AstKind::ForInStatement(each) => each.left.span() == span,
            AstKind::UnaryExpression(unary) => unary.operator.as_str() == "delete",
            _ => false,
        }
    }

    /// What holds the value of the expression, or what it is a part of.
    fn holder(&self, expression: &Expression, depth: usize) -> Option<Holder> {
        if depth > DEPTH {
            return None;
        }
        match expression.get_inner_expression() {
            // `super.set(…)` changes the object itself.
            Expression::ThisExpression(_) | Expression::Super(_) => Some(Holder::This),
            // What all objects of a kind have.
            Expression::StaticMemberExpression(member)
                if SHARED.contains(&member.property.name.as_str()) =>
            {
                Some(Holder::Global)
            }
            Expression::StaticMemberExpression(member) => self.holder(&member.object, depth + 1),
            Expression::ComputedMemberExpression(member) => self.holder(&member.object, depth + 1),
            Expression::PrivateFieldExpression(member) => self.holder(&member.object, depth + 1),
            Expression::LogicalExpression(logical) => self
                .holder(&logical.left, depth + 1)
                .or_else(|| self.holder(&logical.right, depth + 1)),
            Expression::CallExpression(call) => {
                let (object, name) = method(call)?;
                if name == "getPrototypeOf" {
                    return Some(Holder::Global);
                }
                // The list is new, what is in it is not: `Object.values(totals).sort()`.
                if self.is_global(object, "Object") && matches!(name, "entries" | "values") {
                    let of = call.arguments.first().and_then(Argument::as_expression);
                    return of
                        .filter(|_| depth > 0)
                        .and_then(|of| self.holder(of, depth + 1));
                }
                PARTS
                    .contains(&name)
                    .then(|| self.holder(object, depth + 1))?
            }
            Expression::ChainExpression(chain) => {
                let member = chain.expression.as_member_expression()?;
                self.holder(member.object(), depth + 1)
            }
            Expression::Identifier(_) => {
                let Some(symbol) = self.symbol(expression) else {
                    // What is made by it is new: `Object.keys(…).sort()`.
                    return (depth > 0).then_some(Holder::Global);
                };
                let of = self.made_of(symbol);
                let held = of.and_then(|of| self.holder(of, depth + 1));
                Some(held.unwrap_or(Holder::Name(symbol)))
            }
            _ => None,
        }
    }

    /// What a variable of a function is, or what it runs through.
    pub(super) fn made_of(&self, symbol: SymbolId) -> Option<&Expression<'_>> {
        if self.is_of_module(symbol) {
            return None;
        }
        let declaration = self.scoping.symbol_declaration(symbol);
        let AstKind::VariableDeclarator(declarator) = self.nodes.kind(declaration) else {
            return None;
        };
        declarator.init.as_ref().or_else(|| {
            let variables = self.nodes.parent_id(declaration);
            match self.nodes.parent_kind(variables) {
                AstKind::ForOfStatement(each) => Some(&each.right),
                _ => None,
            }
        })
    }

    /// The functions around the node that run later than its module is loaded.
    pub(super) fn functions_around(&self, id: NodeId) -> Vec<NodeId> {
        let ancestors = self.nodes.ancestor_ids(id);
        let is_function = |id: &NodeId| {
            matches!(
                self.nodes.kind(*id),
                AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
            )
        };
        ancestors
            .filter(is_function)
            .filter(|function| !self.is_called_in_place(*function))
            .collect()
    }

    /// `(() => …)()`
    fn is_called_in_place(&self, function: NodeId) -> bool {
        let mut at = function;
        loop {
            let span = self.nodes.kind(at).span();
            at = self.nodes.parent_id(at);
            match self.nodes.kind(at) {
                AstKind::ParenthesizedExpression(_) => {}
                AstKind::CallExpression(call) => return call.callee.span() == span,
                _ => return false,
            }
        }
    }

    fn keeper_of_this(&self, id: NodeId) -> Option<Keeper> {
        let mut ancestors = self.nodes.ancestor_ids(id);
        let of_instance = |is_static: bool| {
            Some(if is_static {
                Keeper::Module
            } else {
                Keeper::Instance
            })
        };
        let function = ancestors.find(|ancestor| {
            matches!(
                self.nodes.kind(*ancestor),
                AstKind::Function(_) | AstKind::PropertyDefinition(_)
            )
        })?;
        if let AstKind::PropertyDefinition(property) = self.nodes.kind(function) {
            return of_instance(property.r#static);
        }
        match self.nodes.parent_kind(function) {
            AstKind::MethodDefinition(method) => {
                let is_made = method.kind == MethodDefinitionKind::Constructor;
                if is_made {
                    None
                } else {
                    of_instance(method.r#static)
                }
            }
            // A method of an object that is there as long as its module.
            AstKind::ObjectProperty(_) => {
                let is_at_load = self.functions_around(function).is_empty();
                is_at_load.then_some(Keeper::Module)
            }
            _ => None,
        }
    }

    /// Whether what stands there is made of something that a call was given.
    pub(super) fn is_of_call(&self, id: NodeId, depth: usize) -> bool {
        let mut names = BTreeSet::new();
        for node in self.tree(id) {
            let AstKind::IdentifierReference(name) = node.kind() else {
                continue;
            };
            let reference = self.scoping.get_reference(name.reference_id());
            if reference.is_value() {
                names.extend(reference.symbol_id());
            }
        }
        names.into_iter().any(|symbol| {
            if self.is_of_module(symbol) {
                return false;
            }
            let declaration = self.scoping.symbol_declaration(symbol);
            let mut around = self.nodes.ancestor_ids(declaration);
            if declaration == id || around.any(|around| around == id) {
                return false;
            }
            match self.nodes.kind(declaration) {
                AstKind::VariableDeclarator(declarator)
                    if depth < DEPTH && !self.scoping.symbol_is_mutated(symbol) =>
                {
                    let init = declarator.init.as_ref();
                    init.is_none_or(|init| {
                        self.is_of_call(AstKind::from_expression(init).node_id(), depth + 1)
                    })
                }
                AstKind::Function(_) | AstKind::Class(_) => false,
                _ => true,
            }
        })
    }

    /// Whether the name is called there when its module is loaded: `register(…)`.
    pub(super) fn is_called_at_load(&self, id: NodeId) -> bool {
        let span = self.nodes.kind(id).span();
        let is_called = match self.nodes.parent_kind(id) {
            AstKind::CallExpression(call) => call.callee.span() == span,
            AstKind::NewExpression(made) => made.callee.span() == span,
            _ => false,
        };
        is_called && self.functions_around(id).is_empty()
    }
}
