//! Reads what the nodes of a syntax tree say about who calls, which tables and
//! which other functions are used.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, BindingPattern, Expression, TSType, TSTypeName};
use oxc_semantic::{AstNode, AstNodes, NodeId, Scoping, SymbolId};
use oxc_span::GetSpan;

use byod_schema::FunctionPath;

use crate::owners::OwnerNames;

use super::facts::{Caller, DEFAULT, Facts, FunctionRef};
use super::origin::{DEPTH, STEPS};
use super::syntax::{is_on_main, literals, range};

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

/// A module's tree, with what its names stand for.
pub(super) struct Reader<'r, 'a> {
    pub(super) nodes: &'r AstNodes<'a>,
    pub(super) scoping: &'r Scoping,
    /// The fields that hold a document's owner, and the arguments that say who calls.
    pub(super) owners: &'r OwnerNames,
    pub(super) text: &'r str,
    /// The variables whose origins are being looked for: they may be made of themselves.
    pub(super) tracing: RefCell<Vec<SymbolId>>,
    /// The types that are being followed, each as often as it is in itself.
    pub(super) unfolding: RefCell<Vec<SymbolId>>,
    /// The steps that were taken for the origins that one node or statement asks for.
    pub(super) steps: Cell<usize>,
}

impl<'a> Reader<'_, 'a> {
    /// The node and all that is in it.
    pub(super) fn tree(&self, id: NodeId) -> impl Iterator<Item = &AstNode<'a>> {
        // Nodes are numbered as they are met: what is in one follows it.
        let on = self.nodes.iter().skip(id.index());
        on.take_while(move |node| node.id() == id || self.nodes.parent_id(node.id()) >= id)
    }

    /// Adds what the node says to the facts of its statement.
    pub(super) fn node(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        self.at_load(id, kind, facts);
        self.check_parts(id, kind, facts);
        self.kept(id, kind, facts);
        self.given_out(id, kind, facts);
        self.left_over(id, kind, facts);
        self.loose(id, kind, facts);
        if let AstKind::CallExpression(call) = kind {
            self.owns(call, facts);
            self.helped(id, call, facts);
        }
        match kind {
            AstKind::IdentifierReference(identifier) => {
                let reference = self.scoping.get_reference(identifier.reference_id());
                let name = identifier.name.to_string();
                let Some(symbol) = reference.symbol_id() else {
                    if reference.is_value() {
                        facts.requires_more |= name == "require" && !self.requires_node(id);
                        facts.globals.insert(name);
                    }
                    return;
                };
                if self.is_of_module(symbol) {
                    if reference.is_value() {
                        facts.values.insert(name.clone());
                        if self.is_called_at_load(id) {
                            facts.loading.insert(name.clone());
                        } else {
                            facts.later.insert(name.clone());
                        }
                        if self.is_lent(id) {
                            facts.lent.insert(name.clone());
                        }
                        if !self.is_asked(id) {
                            facts.handed.insert(name.clone());
                        }
                        if self.is_acting(id) {
                            facts.acting.insert(name.clone());
                        }
                        if reference.is_write() || self.is_touched(id) {
                            facts.touched.insert(name.clone());
                            if !self.is_for_calls(id) {
                                facts.changing.insert(name.clone());
                            }
                        }
                    }
                    facts.names.insert(name);
                    self.function(id, symbol, range(identifier.span), facts);
                } else if self.is_context(symbol) {
                    self.context(id, facts);
                } else if self.is_taken_auth(symbol) {
                    self.auth_used(id, facts);
                }
            }
            AstKind::FormalParameter(parameter) => {
                if let BindingPattern::ObjectPattern(pattern) = &parameter.pattern
                    && self.is_first_of_handler(id)
                {
                    self.taken_apart(pattern, facts);
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
                    if self.has_context(object) {
                        facts.clock.push(range(call.span));
                    }
                } else if DATABASE.contains(&method) {
                    if self.is_in_lookup(id) || is_on_main(object) {
                        return;
                    }
                    self.reached(call, facts);
                    match self.row(id, call) {
                        Some(row) => facts.rows.push(row),
                        None => facts.tables.extend(first),
                    }
                }
            }
            // `this.ctx`
            AstKind::StaticMemberExpression(member) if member.property.name == "ctx" => {
                self.context(id, facts);
            }
            AstKind::StringLiteral(literal) => {
                facts.texts.insert(literal.value.to_string());
            }
            AstKind::ThrowStatement(_) => facts.throws = true,
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

    /// Whether an origin is followed no further.
    pub(super) fn is_too_far(&self, depth: usize) -> bool {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        depth > DEPTH || steps > STEPS
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
            AstKind::ImportDefaultSpecifier(_) => Some(DEFAULT.to_owned()),
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
    pub(super) fn is_validators(&self, expression: &Expression) -> bool {
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
        let (mut path, outermost) = self.members(id);
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
            is_run: self.is_run(outermost),
            scheduled: self.scheduled(outermost),
        });
    }

    /// Whether it is `require("node:crypto")`, by which nothing of the project is reached.
    fn requires_node(&self, id: NodeId) -> bool {
        let AstKind::CallExpression(call) = self.nodes.parent_kind(id) else {
            return false;
        };
        matches!(call.arguments.as_slice(), [Argument::StringLiteral(from)]
            if from.value.starts_with("node:"))
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
}
