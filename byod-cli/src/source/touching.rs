//! What a statement does with the database, whoever's code it is called from: which
//! tables it names, by which ids it reaches documents, and to whom it hands the database.
//!
//! A database is known by its name, its type, or what it is made of; whoever is given
//! one under another name is not followed, and that is said.

use std::collections::BTreeSet;

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, CallExpression, Expression, ObjectPropertyKind};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::GetSpan;

use super::facts::{Facts, shorten};
use super::nodes::Reader;
use super::operations::{Operation, OperationOf, Touching, Use};
use super::origin::Origin;
use super::syntax::{literals, method, range};

/// What runs another function.
const RUNNERS: [&str; 5] = ["runQuery", "runMutation", "runAction", "runAfter", "runAt"];

impl Reader<'_, '_> {
    /// Adds what the node says to what its statement touches.
    pub(super) fn touching(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        let touching = &mut facts.touching;
        self.parts(id, kind, touching);
        match kind {
            AstKind::CallExpression(call) => self.called(call, touching),
            // What an aggregate counts: `new TableAggregate<{ TableName: "messages"; … }>(…)`
            AstKind::TSPropertySignature(property)
                if property.key.static_name().as_deref() == Some("TableName") =>
            {
                let annotation = property.type_annotation.as_ref();
                let tables = annotation.map(|of| literals(&of.type_annotation));
                for table in tables.unwrap_or_default() {
                    touching.operations.push(Operation {
                        writes: false,
                        inserts: false,
                        of: OperationOf::Perhaps(table),
                        id: None,
                        by: self.namespace_around(id),
                        is_one: false,
                        shown: shorten(&self.text[range(property.span)]),
                    });
                }
            }
            AstKind::StaticMemberExpression(member) => {
                let is_database = member.property.name == "db";
                let is_context = member.property.name == "ctx";
                if is_database {
                    self.database_used(id, touching);
                } else if is_context && matches!(member.object, Expression::ThisExpression(_)) {
                    self.context_used(id, touching);
                }
            }
            AstKind::ComputedMemberExpression(member) => {
                let is_context = self
                    .symbol(&member.object)
                    .is_some_and(|symbol| self.is_context(symbol));
                if is_context || self.is_store(&member.object, 0) {
                    self.obscure(id, "reaches into its context by what is computed", touching);
                }
            }
            AstKind::IdentifierReference(name) => {
                let reference = self.scoping.get_reference(name.reference_id());
                let Some(symbol) = reference.symbol_id().filter(|_| reference.is_value()) else {
                    return;
                };
                if self.is_of_module(symbol) {
                    self.used(id, symbol, touching);
                } else if self.is_context(symbol) {
                    self.context_used(id, touching);
                } else if self.is_store_symbol(symbol, 0) {
                    self.database_used(id, touching);
                }
            }
            _ => {}
        }
    }

    /// By which field an aggregate keeps documents apart that it counts:
    /// `new TableAggregate<…>(components.counts, { namespace: (note) => note.userId, … })`
    fn namespace_around(&self, id: NodeId) -> Vec<(String, Origin)> {
        let mut around = self.nodes.ancestor_kinds(id);
        let new = around.find_map(|kind| match kind {
            AstKind::NewExpression(new) => Some(new),
            _ => None,
        });
        let given = new.iter().flat_map(|new| &new.arguments);
        let options = given.filter_map(|argument| match argument {
            Argument::ObjectExpression(options) => Some(options),
            _ => None,
        });
        let namespace = options
            .flat_map(|options| &options.properties)
            .find_map(|property| match property {
                ObjectPropertyKind::ObjectProperty(property) => {
                    let is_it = property.key.static_name().as_deref() == Some("namespace");
                    is_it.then_some(&property.value)
                }
                ObjectPropertyKind::SpreadProperty(_) => None,
            });
        let Some(Expression::ArrowFunctionExpression(arrow)) = namespace else {
            return Vec::new();
        };
        match arrow.body.as_expression() {
            Some(Expression::StaticMemberExpression(member)) => {
                vec![(member.property.name.to_string(), Origin::Unknown)]
            }
            _ => Vec::new(),
        }
    }

    /// A call of a method, which may be one of a database.
    fn called(&self, call: &CallExpression, touching: &mut Touching) {
        let Some((object, name)) = method(call) else {
            return;
        };
        let first = call.arguments.first().and_then(Argument::as_expression);
        let origin = || first.map_or(Origin::Unknown, |first| self.origin(first, 0));
        let mut add = |writes: bool, of: OperationOf, id: Option<Origin>| {
            touching.operations.push(Operation {
                writes,
                inserts: name == "insert",
                of,
                id,
                by: self.asked_by(call),
                is_one: self.gives_one(call),
                shown: shorten(&self.text[range(call.span)]),
            });
        };
        if RUNNERS.contains(&name) {
            return self.asks(call, name, touching);
        }
        if name == "vectorSearch" {
            return add(false, OperationOf::Table(origin()), None);
        }
        if self.is_store(object, 0) {
            // Convex's own tables.
            if matches!(object.get_inner_expression(),
                Expression::StaticMemberExpression(member) if member.property.name == "system")
            {
                return;
            }
            let count = call.arguments.len();
            let is_spread = |argument: &Argument| matches!(argument, Argument::SpreadElement(_));
            let (writes, ids) = match name {
                "query" => return add(false, OperationOf::Table(origin()), None),
                "insert" => return add(true, OperationOf::Table(origin()), None),
                "get" => (false, 1),
                "delete" => (true, 1),
                "patch" | "replace" => (true, 2),
                // It only reads an id's text.
                "normalizeId" => return,
                _ => {
                    let shown = shorten(&self.text[range(call.span)]);
                    let what = format!("asks its database in a way that isn't known: `{shown}`");
                    touching.obscure.insert(what);
                    return;
                }
            };
            let second = call.arguments.get(1).and_then(Argument::as_expression);
            let (of, id) = match (call.arguments.iter().any(is_spread), count > ids) {
                (true, _) => (OperationOf::Id(Origin::Unknown), Origin::Unknown),
                (false, true) => {
                    let id = second.map_or(Origin::Unknown, |id| self.origin(id, 0));
                    (OperationOf::Table(origin()), id)
                }
                (false, false) => (OperationOf::Id(origin()), origin()),
            };
            return add(writes, of, Some(id));
        }
        if matches!(name, "edge" | "edgeX") {
            let edge = match call.arguments.first() {
                Some(Argument::StringLiteral(text)) => text.value.to_string(),
                _ => String::new(),
            };
            return add(false, OperationOf::Edge(edge), None);
        }
        // Something else that may stand for a database, or for one of its tables.
        let writes = match name {
            "query" | "table" => false,
            "insert" | "patch" | "replace" => true,
            _ => return,
        };
        if let Some(Argument::StringLiteral(text)) = call.arguments.first() {
            add(writes, OperationOf::Perhaps(text.value.to_string()), None);
        }
    }

    /// `ctx.runQuery(internal.notes.get, …)`: the function must show. Which it is, is said
    /// where it is named.
    fn asks(&self, call: &CallExpression, name: &str, touching: &mut Touching) {
        let place = usize::from(matches!(name, "runAfter" | "runAt"));
        let function = call.arguments.get(place).and_then(Argument::as_expression);
        if !function.is_some_and(|function| self.is_reference(function, 0)) {
            let shown = shorten(&self.text[range(call.span)]);
            let what = format!("runs a function that doesn't show: `{shown}`");
            touching.obscure.insert(what);
        }
    }

    /// Whether an expression is one of the project's functions, or what a helper was given
    /// for one.
    fn is_reference(&self, expression: &Expression, depth: usize) -> bool {
        match expression.get_inner_expression() {
            Expression::ConditionalExpression(choice) => {
                self.is_reference(&choice.consequent, depth)
                    && self.is_reference(&choice.alternate, depth)
            }
            Expression::Identifier(_) => {
                let Some(symbol) = self.symbol(expression) else {
                    return false;
                };
                match self.declared(symbol) {
                    Some((init, None)) => depth < 8 && self.is_reference(init, depth + 1),
                    _ => matches!(self.of_symbol(symbol, 0), Origin::Parameter(_)),
                }
            }
            Expression::StaticMemberExpression(member) => {
                let mut root = &member.object;
                while let Expression::StaticMemberExpression(inner) = root.get_inner_expression() {
                    root = &inner.object;
                }
                let import = self.symbol(root).and_then(|symbol| self.import(symbol));
                import.is_some_and(|(_, taken)| {
                    matches!(
                        taken.as_deref(),
                        Some("internal" | "api" | "components" | "anyApi")
                    )
                })
            }
            _ => false,
        }
    }

    /// A name of the module, as a value.
    fn used(&self, id: NodeId, symbol: SymbolId, touching: &mut Touching) {
        let name = self.scoping.symbol_name(symbol).to_owned();
        let (members, outermost) = self.members(id);
        if let Some((_, Some(taken))) = self.import(symbol) {
            match taken.as_str() {
                "components" => {
                    let component = members.first().cloned().unwrap_or_default();
                    touching.components.insert(component);
                    return;
                }
                "internal" | "api" => return,
                _ => {}
            }
        }
        let parent = self.nodes.parent_id(outermost);
        let span = self.nodes.kind(outermost).span();
        let (given, spans): (Option<Vec<Origin>>, &[Argument]) = match self.nodes.kind(parent) {
            AstKind::CallExpression(call) if call.callee.span() == span => {
                (Some(self.given_to(call, 0)), &call.arguments)
            }
            AstKind::NewExpression(made) if made.callee.span() == span => (None, &made.arguments),
            _ => (None, &[]),
        };
        let mut databases = Vec::new();
        let mut is_handed = false;
        let mut texts = BTreeSet::new();
        for (place, argument) in spans.iter().enumerate() {
            if let Argument::StringLiteral(text) = argument {
                texts.insert(text.value.to_string());
            }
            let argument = argument.as_expression();
            if argument.is_some_and(|argument| self.is_store(argument, 0)) {
                databases.push(place);
            }
            is_handed |= argument.is_none_or(|argument| self.holds_context(argument));
        }
        touching.uses.push(Use {
            name,
            member: members.first().cloned(),
            given: given.filter(|_| members.len() < 2),
            is_handed: is_handed || !databases.is_empty(),
            databases,
            texts,
        });
    }

    /// Whether an argument is or holds a context or a database.
    fn holds_context(&self, argument: &Expression) -> bool {
        match argument.get_inner_expression() {
            Expression::Identifier(_) => self
                .symbol(argument)
                .is_some_and(|symbol| self.is_context(symbol)),
            Expression::StaticMemberExpression(member) => {
                matches!(&*member.property.name, "ctx" | "db")
            }
            Expression::ObjectExpression(object) => {
                object.properties.iter().any(|property| match property {
                    ObjectPropertyKind::ObjectProperty(property) => {
                        self.holds_context(&property.value)
                    }
                    ObjectPropertyKind::SpreadProperty(spread) => {
                        self.holds_context(&spread.argument)
                    }
                })
            }
            Expression::ArrayExpression(array) => array.elements.iter().any(|element| {
                let element = element.as_expression();
                element.is_some_and(|element| self.holds_context(element))
            }),
            _ => false,
        }
    }
}
