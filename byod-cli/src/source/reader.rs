//! Reads what the nodes of a syntax tree say about who calls, which tables and
//! which other functions are used.

use std::collections::BTreeSet;
use std::ops::Range;

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, BindingPattern, Expression, TSLiteral, TSType, TSTypeName};
use oxc_semantic::{AstNodes, NodeId, Scoping, SymbolId};
use oxc_span::GetSpan;

use byod_schema::FunctionPath;

use super::parse::range;
use super::{Access, Caller, Facts, FunctionRef};

/// What every Convex context has.
const CONTEXT: [&str; 9] = [
    "db",
    "auth",
    "storage",
    "scheduler",
    "runQuery",
    "runMutation",
    "runAction",
    "vectorSearch",
    "meta",
];
const DATABASE: [&str; 8] = [
    "query",
    "get",
    "insert",
    "patch",
    "replace",
    "delete",
    "normalizeId",
    "vectorSearch",
];
const CALLS: [&str; 5] = ["runQuery", "runMutation", "runAction", "runAfter", "runAt"];

/// A module's tree, with what its names stand for.
pub(super) struct Reader<'r, 'a> {
    pub(super) nodes: &'r AstNodes<'a>,
    pub(super) scoping: &'r Scoping,
    /// Fields that hold a document's owner.
    pub(super) subjects: &'r BTreeSet<String>,
}

impl Reader<'_, '_> {
    /// Adds what the node says to the facts of its statement.
    pub(super) fn node(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        match kind {
            AstKind::IdentifierReference(identifier) => {
                let reference = self.scoping.get_reference(identifier.reference_id());
                let Some(symbol) = reference.symbol_id() else {
                    facts.globals.insert(identifier.name.to_string());
                    return self.function(
                        id,
                        identifier.name.as_str(),
                        range(identifier.span),
                        facts,
                    );
                };
                if self.scoping.symbol_scope_id(symbol) == self.scoping.root_scope_id() {
                    facts.names.insert(identifier.name.to_string());
                    self.function(id, identifier.name.as_str(), range(identifier.span), facts);
                } else if self.is_context(symbol) {
                    self.context(id, facts);
                }
            }
            AstKind::FormalParameter(parameter) => {
                if let BindingPattern::ObjectPattern(pattern) = &parameter.pattern
                    && self.is_first_of_handler(id)
                {
                    let keys = pattern.properties.iter().map(|p| p.key.static_name());
                    for key in keys {
                        let known = key.as_deref().is_some_and(|key| CONTEXT.contains(&key));
                        facts.uses_files |= key.as_deref() == Some("storage");
                        if key.as_deref() == Some("auth") || !known {
                            let key = key.as_deref().unwrap_or("…");
                            facts.problems.insert(format!(
                                "takes `{key}` out of its context in the parameter; write `ctx` and `ctx.{key}` instead"
                            ));
                        }
                    }
                }
            }
            AstKind::CallExpression(call) => {
                let text = |argument: Option<&Argument>| match argument {
                    Some(Argument::StringLiteral(literal)) => Some(literal.value.to_string()),
                    _ => None,
                };
                let Expression::StaticMemberExpression(callee) = &call.callee else {
                    return;
                };
                let method = callee.property.name.as_str();
                let object = callee.object.get_inner_expression();
                let first = text(call.arguments.first());
                if method == "id" && object.is_specific_id("v") {
                    facts
                        .ids
                        .extend(first.map(|table| (range(call.span), table)));
                } else if method == "now" && object.is_specific_id("Date") {
                    if self.has_context(id) {
                        facts.clock.push(range(call.span));
                    }
                } else if DATABASE.contains(&method) {
                    facts.tables.extend(first);
                }
            }
            AstKind::JSXElement(_) | AstKind::JSXFragment(_) => {
                facts.problems.insert("contains JSX".to_owned());
            }
            AstKind::TSTypeReference(reference) => {
                let TSTypeName::IdentifierReference(name) = &reference.type_name else {
                    return;
                };
                let arguments = reference.type_arguments.as_ref();
                for argument in arguments.into_iter().flat_map(|a| &a.params) {
                    if let TSType::TSLiteralType(literal) = argument
                        && let TSLiteral::StringLiteral(text) = &literal.literal
                    {
                        match name.name.as_str() {
                            "Id" => facts
                                .id_types
                                .push((range(reference.span), text.value.to_string())),
                            "Doc" => {
                                facts.tables.insert(text.value.to_string());
                            }
                            _ => {}
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// `internal.a.b`, where `internal` or `api` is what `id` names.
    fn function(&self, id: NodeId, name: &str, root: Range<usize>, facts: &mut Facts) {
        if !matches!(name, "internal" | "api") {
            return;
        }
        let (mut path, _) = self.members(id);
        let Some(function) = path.pop().filter(|_| !path.is_empty()) else {
            facts
                .problems
                .insert(format!("uses `{name}` in a way that can't be followed"));
            return;
        };
        facts.functions.push(FunctionRef {
            path: FunctionPath::new(path.join("/"), function),
            root,
            is_api: name == "api",
        });
    }

    /// The members that are read of the expression `id`, and the outermost of them.
    fn members(&self, id: NodeId) -> (Vec<String>, NodeId) {
        let mut path = Vec::new();
        let mut outermost = id;
        loop {
            let span = self.nodes.kind(outermost).span();
            let parent = self.nodes.parent_id(outermost);
            match self.nodes.kind(parent) {
                AstKind::StaticMemberExpression(member) if member.object.span() == span => {
                    path.push(member.property.name.to_string());
                }
                AstKind::TSNonNullExpression(_)
                | AstKind::ParenthesizedExpression(_)
                | AstKind::ChainExpression(_)
                | AstKind::TSAsExpression(_) => {}
                _ => return (path, outermost),
            }
            outermost = parent;
        }
    }

    fn is_context(&self, symbol: SymbolId) -> bool {
        let mut declaration = self.scoping.symbol_declaration(symbol);
        if matches!(self.nodes.kind(declaration), AstKind::BindingIdentifier(_)) {
            declaration = self.nodes.parent_id(declaration);
        }
        let AstKind::FormalParameter(parameter) = self.nodes.kind(declaration) else {
            return false;
        };
        // `{ db }` is a part of it, not the context itself.
        if !matches!(parameter.pattern, BindingPattern::BindingIdentifier(_)) {
            return false;
        }
        self.scoping.symbol_name(symbol) == "ctx" || self.is_first_of_handler(declaration)
    }

    /// Whether the parameter is the first of a function that is called `handler`.
    fn is_first_of_handler(&self, parameter: NodeId) -> bool {
        let parameters = self.nodes.parent_id(parameter);
        let AstKind::FormalParameters(list) = self.nodes.kind(parameters) else {
            return false;
        };
        let span = self.nodes.kind(parameter).span();
        let mut ancestors = self.nodes.ancestor_kinds(parameters);
        list.items.first().is_some_and(|first| first.span == span)
            && matches!(
                ancestors.next(),
                Some(AstKind::ArrowFunctionExpression(_) | AstKind::Function(_))
            )
            && matches!(ancestors.next(), Some(AstKind::ObjectProperty(property))
                if property.key.static_name().as_deref() == Some("handler"))
    }

    /// Whether a function around the node has a parameter `ctx` and is a handler.
    fn has_context(&self, id: NodeId) -> bool {
        self.nodes.ancestor_kinds(id).any(|kind| {
            matches!(kind, AstKind::ObjectProperty(property)
                if property.key.static_name().as_deref() == Some("handler")
                && first_parameter(&property.value).as_deref() == Some("ctx"))
        })
    }

    /// A use of `ctx`.
    fn context(&self, id: NodeId, facts: &mut Facts) {
        let (path, outermost) = self.members(id);
        let parent = self.nodes.parent_id(outermost);
        let Some(first) = path.first() else {
            // `getUser(ctx)`
            if let AstKind::CallExpression(call) = self.nodes.kind(parent)
                && let Expression::Identifier(callee) = &call.callee
                && call.arguments.len() == 1
            {
                self.result(parent, Caller::Helper(callee.name.to_string()), facts);
            }
            return;
        };
        let called = match self.nodes.kind(parent) {
            AstKind::CallExpression(call)
                if call.callee.span() == self.nodes.kind(outermost).span() =>
            {
                Some(call)
            }
            _ => None,
        };
        facts.uses_files |= first == "storage";
        if first == "auth" {
            if called.is_some() && path.get(1).is_some_and(|m| m == "getUserIdentity") {
                self.result(parent, Caller::Identity, facts);
            } else {
                facts
                    .problems
                    .insert("uses `ctx.auth` in a way that can't be followed".into());
            }
        } else if CALLS.contains(&first.as_str()) && path.len() == 1 {
            if let Some(call) = called
                && call.arguments.len() <= 2
                && call.arguments.get(1).is_none_or(is_empty_object)
                && let Some(function) = call.arguments.first().and_then(function_path)
            {
                self.result(parent, Caller::Function(function), facts);
            }
        } else if !CONTEXT.contains(&first.as_str()) {
            self.access(outermost, Caller::Context, path, facts);
        }
    }

    /// What becomes of the result of the call `id`.
    fn result(&self, call: NodeId, caller: Caller, facts: &mut Facts) {
        let mut value = call;
        loop {
            let parent = self.nodes.parent_id(value);
            match self.nodes.kind(parent) {
                AstKind::AwaitExpression(_) | AstKind::ParenthesizedExpression(_) => value = parent,
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
        });
    }

    fn uses(&self, symbol: SymbolId, caller: &Caller, before: &[String], facts: &mut Facts) {
        for reference in self.scoping.get_resolved_references(symbol) {
            let (path, outermost) = self.members(reference.node_id());
            let path = before.iter().cloned().chain(path).collect();
            self.access(outermost, caller.clone(), path, facts);
        }
    }

    fn access(&self, at: NodeId, caller: Caller, path: Vec<String>, facts: &mut Facts) {
        facts.access.push(Access {
            caller,
            path,
            is_null_test: self.is_null_test(at),
            is_owner: self.is_owner(at),
        });
    }

    fn is_null_test(&self, at: NodeId) -> bool {
        match self.nodes.kind(self.nodes.parent_id(at)) {
            AstKind::UnaryExpression(unary) => unary.operator.as_str() == "!",
            AstKind::IfStatement(_) => true,
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
        let is_subject = |name: &str| self.subjects.contains(name);
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
                matches!(other.get_inner_expression(), Expression::StaticMemberExpression(member)
                    if is_subject(&member.property.name))
                    || matches!(other.get_inner_expression(), Expression::ChainExpression(_))
            }
            _ => false,
        }
    }
}

fn first_parameter(function: &Expression) -> Option<String> {
    let parameters = match function {
        Expression::ArrowFunctionExpression(arrow) => &arrow.params,
        Expression::FunctionExpression(function) => &function.params,
        _ => return None,
    };
    match &parameters.items.first()?.pattern {
        BindingPattern::BindingIdentifier(identifier) => Some(identifier.name.to_string()),
        _ => None,
    }
}

fn is_empty_object(argument: &Argument) -> bool {
    matches!(argument, Argument::ObjectExpression(object) if object.properties.is_empty())
}

/// `internal.users.current`
fn function_path(argument: &Argument) -> Option<FunctionPath> {
    let mut names = Vec::new();
    let mut expression = argument.as_expression()?;
    while let Expression::StaticMemberExpression(member) = expression {
        names.insert(0, member.property.name.to_string());
        expression = &member.object;
    }
    let root = expression.is_specific_id("internal") || expression.is_specific_id("api");
    let name = names.pop().filter(|_| root && !names.is_empty())?;
    Some(FunctionPath::new(names.join("/"), name))
}
