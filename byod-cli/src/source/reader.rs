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
use super::{Caller, Facts, FunctionRef};

/// What every Convex context has.
pub(super) const CONTEXT: [&str; 9] = [
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
    pub(super) text: &'r str,
}

impl Reader<'_, '_> {
    /// Adds what the node says to the facts of its statement.
    pub(super) fn node(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        self.waits_at_load(id, kind, facts);
        match kind {
            AstKind::IdentifierReference(identifier) => {
                let reference = self.scoping.get_reference(identifier.reference_id());
                let name = identifier.name.to_string();
                let Some(symbol) = reference.symbol_id() else {
                    if reference.is_value() {
                        facts.globals.insert(name);
                    }
                    return;
                };
                if self.is_of_module(symbol) {
                    if reference.is_value() {
                        facts.values.insert(name.clone());
                        if self.is_acting(id) {
                            facts.acting.insert(name.clone());
                        }
                        if reference.is_write() || self.is_touched(id) {
                            facts.touched.insert(name.clone());
                        }
                    }
                    facts.names.insert(name);
                    self.function(id, symbol, range(identifier.span), facts);
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
                if let Some(lookup) = self.lookup(id, call) {
                    let caller = Caller::Lookup(lookup.table.clone());
                    self.result(id, caller, facts);
                    facts.lookups.push(lookup);
                } else if method == "id" && self.is_validators(object) {
                    facts
                        .ids
                        .extend(first.map(|table| (range(call.span), table)));
                } else if method == "now" && self.is_global(object, "Date") {
                    if self.has_context(id) {
                        facts.clock.push(range(call.span));
                    }
                } else if DATABASE.contains(&method) {
                    if self.is_in_lookup(id) {
                        return;
                    }
                    self.reached(call, facts);
                    facts.tables.extend(first);
                }
            }
            AstKind::StringLiteral(literal) => {
                facts.texts.insert(literal.value.to_string());
            }
            AstKind::ImportExpression(_) => {
                facts.problems.insert("imports while it runs".to_owned());
            }
            AstKind::ImportMeta(_) => {
                facts.problems.insert("reads `import.meta`".to_owned());
            }
            AstKind::TSImportEqualsDeclaration(_) | AstKind::TSExportAssignment(_) => {
                facts
                    .problems
                    .insert("imports or exports by `=`".to_owned());
            }
            AstKind::TSImportType(_) => {
                facts.problems.insert("imports inside of a type".to_owned());
            }
            AstKind::JSXElement(_) | AstKind::JSXFragment(_) => {
                facts.problems.insert("contains JSX".to_owned());
            }
            AstKind::TSTypeReference(reference) => {
                let Some(name) = self.type_name(&reference.type_name) else {
                    return;
                };
                let arguments = reference.type_arguments.as_ref();
                for argument in arguments.into_iter().flat_map(|a| &a.params) {
                    let tables = literals(argument);
                    match (name.as_str(), argument) {
                        ("Id" | "GenericId", TSType::TSLiteralType(_)) => {
                            let span = range(reference.span);
                            let ids = tables.into_iter().map(|table| (span.clone(), table));
                            facts.id_types.extend(ids);
                        }
                        ("Id" | "GenericId" | "Doc" | "WithoutSystemFields", _) => {
                            facts.tables.extend(tables);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether the symbol is declared or imported at the top level of the module.
    pub(super) fn is_of_module(&self, symbol: SymbolId) -> bool {
        self.scoping.symbol_scope_id(symbol) == self.scoping.root_scope_id()
    }

    /// What an expression names, if it is a name.
    pub(super) fn symbol(&self, expression: &Expression) -> Option<SymbolId> {
        match expression.get_inner_expression() {
            Expression::Identifier(name) => {
                let reference = self.scoping.get_reference(name.reference_id());
                reference.symbol_id()
            }
            _ => None,
        }
    }

    /// Where an import leads, and what it takes from there; `None` for all of it.
    pub(super) fn import(&self, symbol: SymbolId) -> Option<(&str, Option<String>)> {
        let declaration = self.scoping.symbol_declaration(symbol);
        let taken = match self.nodes.kind(declaration) {
            AstKind::ImportSpecifier(specifier) => Some(specifier.imported.name().to_string()),
            AstKind::ImportDefaultSpecifier(_) => Some(super::DEFAULT.to_owned()),
            AstKind::ImportNamespaceSpecifier(_) => None,
            _ => return None,
        };
        match self.nodes.parent_kind(declaration) {
            AstKind::ImportDeclaration(import) => Some((import.source.value.as_str(), taken)),
            _ => None,
        }
    }

    /// Whether the expression is a global of that name.
    pub(super) fn is_global(&self, expression: &Expression, name: &str) -> bool {
        expression.is_specific_id(name) && self.symbol(expression).is_none()
    }

    /// `v` of `convex/values`.
    fn is_validators(&self, expression: &Expression) -> bool {
        let import = self.symbol(expression).and_then(|s| self.import(s));
        import.is_some_and(|(_, taken)| taken.as_deref() == Some("v"))
    }

    /// The name of a type as the module has it that it is imported from.
    pub(super) fn type_name(&self, name: &TSTypeName) -> Option<String> {
        let TSTypeName::IdentifierReference(name) = name else {
            return None;
        };
        let reference = self.scoping.get_reference(name.reference_id());
        match reference.symbol_id().map(|symbol| self.import(symbol)) {
            Some(Some((_, taken))) => taken,
            _ => Some(name.name.to_string()),
        }
    }

    /// `internal.a.b`, where `internal` or `api` is what `id` names.
    fn function(&self, id: NodeId, symbol: SymbolId, root: Range<usize>, facts: &mut Facts) {
        let Some((_, Some(name))) = self.import(symbol) else {
            return;
        };
        if !matches!(name.as_str(), "internal" | "api") {
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
    pub(super) fn members(&self, id: NodeId) -> (Vec<String>, NodeId) {
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

    pub(super) fn is_context(&self, symbol: SymbolId) -> bool {
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
                && self
                    .symbol(&call.callee)
                    .is_some_and(|s| self.is_of_module(s))
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

pub(super) fn is_empty_object(argument: &Argument) -> bool {
    matches!(argument, Argument::ObjectExpression(object) if object.properties.is_empty())
}

/// `internal.users.current`
pub(super) fn function_path(argument: &Argument) -> Option<FunctionPath> {
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

/// The texts that a type consists of.
fn literals(argument: &TSType) -> Vec<String> {
    match argument {
        TSType::TSLiteralType(literal) => match &literal.literal {
            TSLiteral::StringLiteral(text) => vec![text.value.to_string()],
            _ => Vec::new(),
        },
        TSType::TSUnionType(union) => union.types.iter().flat_map(literals).collect(),
        _ => Vec::new(),
    }
}
