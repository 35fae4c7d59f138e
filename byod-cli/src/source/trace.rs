//! Where the ids come from by which documents are reached: what the text shows of the
//! table they are of.

use std::collections::BTreeMap;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionBody, CallExpression, ClassElement, Expression,
    ObjectPropertyKind, Statement, TSType,
};
use oxc_semantic::SymbolId;

use super::nodes::Reader;
use super::origin::{DEPTH, Origin};
use super::syntax::{Body, Parts, method, path_of};

const SAME: [&str; 15] = [
    "concat",
    "filter",
    "fullTableScan",
    "keys",
    "order",
    "reverse",
    "slice",
    "sort",
    "then",
    "toReversed",
    "toSorted",
    "values",
    "with",
    "withIndex",
    "withSearchIndex",
];
const ONE_OF: [&str; 8] = [
    "at", "find", "findLast", "flat", "get", "pop", "shift", "reduce",
];

impl Reader<'_, '_> {
    pub(super) fn origin(&self, expression: &Expression, depth: usize) -> Origin {
        if self.is_too_far(depth) {
            return Origin::Unknown;
        }
        let next = |expression: &Expression| self.origin(expression, depth + 1);
        let of = |origin: Origin| Box::new(origin);
        match expression {
            Expression::TSAsExpression(cast) => {
                self.of_cast(&cast.type_annotation, || next(&cast.expression))
            }
            Expression::TSTypeAssertion(cast) => {
                self.of_cast(&cast.type_annotation, || next(&cast.expression))
            }
            Expression::ParenthesizedExpression(inner) => next(&inner.expression),
            Expression::TSNonNullExpression(inner) => next(&inner.expression),
            Expression::TSSatisfiesExpression(inner) => next(&inner.expression),
            Expression::AwaitExpression(inner) => next(&inner.argument),
            Expression::NullLiteral(_)
            | Expression::BooleanLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::TemplateLiteral(_) => Origin::Nothing,
            Expression::StringLiteral(text) => Origin::Text(text.value.to_string()),
            Expression::Identifier(name) => match self.symbol(expression) {
                Some(symbol) => self.of_symbol(symbol, depth + 1),
                None if name.name == "undefined" => Origin::Nothing,
                None => Origin::Unknown,
            },
            Expression::StaticMemberExpression(member) => {
                let name = member.property.name.to_string();
                Origin::Member(of(next(&member.object)), name)
            }
            Expression::ComputedMemberExpression(member) => {
                Origin::Element(of(next(&member.object)))
            }
            Expression::ChainExpression(chain) => match &chain.expression {
                oxc_ast::ast::ChainElement::CallExpression(call) => self.of_call(call, depth),
                other => match other.as_member_expression() {
                    Some(member) => match member.static_property_name() {
                        Some(name) => Origin::Member(of(next(member.object())), name.to_owned()),
                        None => Origin::Element(of(next(member.object()))),
                    },
                    None => Origin::Unknown,
                },
            },
            Expression::LogicalExpression(logical) if logical.operator.is_and() => {
                next(&logical.right)
            }
            Expression::LogicalExpression(logical) => {
                Origin::Each(vec![next(&logical.left), next(&logical.right)])
            }
            Expression::ConditionalExpression(choice) => {
                Origin::Each(vec![next(&choice.consequent), next(&choice.alternate)])
            }
            Expression::ArrayExpression(array) => {
                let elements = array.elements.iter().map(|element| match element {
                    ArrayExpressionElement::SpreadElement(spread) => {
                        Origin::Element(of(next(&spread.argument)))
                    }
                    element => element.as_expression().map_or(Origin::Nothing, next),
                });
                Origin::List(of(Origin::Each(elements.collect())))
            }
            Expression::ObjectExpression(object) => {
                let mut fields = BTreeMap::new();
                let mut all = Vec::new();
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::SpreadProperty(spread) => {
                            all.push(next(&spread.argument))
                        }
                        ObjectPropertyKind::ObjectProperty(property) => {
                            if let Some(key) = property.key.static_name() {
                                fields.insert(key.to_string(), next(&property.value));
                            }
                        }
                    }
                }
                all.push(Origin::Fields(fields));
                Origin::Each(all)
            }
            Expression::NewExpression(new) => match new.arguments.first() {
                // `new Set<Id<"notes">>()`
                None if self.is_global(&new.callee, "Set") => {
                    let mut types = new.type_arguments.iter().flat_map(|t| &t.params);
                    let of = types
                        .next()
                        .map_or(Origin::Unknown, |of| self.of_type(of, 0));
                    Origin::List(Box::new(of))
                }
                Some(argument) if self.is_global(&new.callee, "Set") => {
                    argument.as_expression().map_or(Origin::Unknown, next)
                }
                // `new Map(notes.map((note) => [note.title, note]))`
                Some(argument) if self.is_global(&new.callee, "Map") => {
                    let value = argument.as_expression().and_then(paired);
                    Origin::List(of(value.map_or(Origin::Unknown, next)))
                }
                // `new Map<string, Id<"notes">>()`
                None if self.is_global(&new.callee, "Map") => {
                    let mut types = new.type_arguments.iter().flat_map(|t| &t.params);
                    let of = types
                        .nth(1)
                        .map_or(Origin::Unknown, |of| self.of_type(of, 0));
                    Origin::List(Box::new(of))
                }
                _ => Origin::Unknown,
            },
            Expression::CallExpression(call) => self.of_call(call, depth),
            _ => Origin::Unknown,
        }
    }

    /// A cast says what something is, unless it says that it may be anything.
    fn of_cast(&self, written: &TSType, cast: impl FnOnce() -> Origin) -> Origin {
        match self.of_type(written, 0) {
            Origin::Any => match cast() {
                Origin::Unknown => Origin::Any,
                known => Origin::Or(Box::new(known), Box::new(Origin::Any)),
            },
            typed => typed.or(cast),
        }
    }

    fn of_call(&self, call: &CallExpression, depth: usize) -> Origin {
        let next = |expression: &Expression| self.origin(expression, depth + 1);
        let Some((object, name)) = method(call) else {
            return self.of_function(call, depth);
        };
        let first = call.arguments.first();
        let text = match first {
            Some(Argument::StringLiteral(text)) => Some(text.value.to_string()),
            _ => None,
        };
        let given = first.and_then(Argument::as_expression);
        if self.is_database(object, 0) {
            let named = || Box::new(given.map_or(Origin::Unknown, next));
            return match (name, text) {
                ("get", Some(table)) => Origin::Doc(table),
                ("query", Some(table)) => Origin::Query(table),
                ("insert" | "normalizeId", Some(table)) => Origin::Id(table),
                ("get", None) if call.arguments.len() == 1 => Origin::Document(named()),
                ("get", None) => Origin::DocOf(named()),
                ("query", None) => Origin::QueryOf(named()),
                ("insert" | "normalizeId", None) => Origin::IdOf(named()),
                _ => Origin::Unknown,
            };
        }
        let is_of = |global: &str| self.is_global(object, global);
        match name {
            "all" if is_of("Promise") => given.map_or(Origin::Unknown, next),
            "from" if is_of("Array") && call.arguments.len() == 1 => {
                given.map_or(Origin::Unknown, next)
            }
            "vectorSearch" => {
                let id = text.map_or(Origin::Unknown, Origin::Id);
                let hit = Origin::Fields([("_id".to_owned(), id)].into());
                Origin::List(Box::new(hit))
            }
            "collect" | "take" => Origin::List(Box::new(Origin::Element(Box::new(next(object))))),
            "first" | "unique" => Origin::Element(Box::new(next(object))),
            "paginate" => {
                let page = Origin::List(Box::new(Origin::Element(Box::new(next(object)))));
                Origin::Fields([("page".to_owned(), page)].into())
            }
            // `for (const [place, id] of ids.entries())`
            "entries" => {
                let pair = vec![Origin::Nothing, next(object).element()];
                Origin::List(Box::new(Origin::List(Box::new(Origin::Each(pair)))))
            }
            "map" | "flatMap" => {
                let made = given.map_or(Origin::Unknown, |callback| self.made_by(callback, depth));
                if name == "map" {
                    Origin::List(Box::new(made))
                } else {
                    made
                }
            }
            "runQuery" | "runMutation" | "runAction" => {
                let run = given.and_then(path_of);
                run.map_or(Origin::Unknown, Origin::Run)
            }
            name if ONE_OF.contains(&name) => Origin::Element(Box::new(next(object))),
            name if SAME.contains(&name) => next(object),
            // `Notes.find(ctx, id)`
            name => match object.get_inner_expression() {
                // `this.page(now)`
                Expression::ThisExpression(_) => self.of_method(call, name, depth),
                Expression::Identifier(module) if self.is_namespace(object) => Origin::Call(
                    format!("{}.{name}", module.name),
                    self.given_to(call, depth),
                ),
                _ => Origin::Unknown,
            },
        }
    }

    /// `getNote(ctx, id)`
    fn of_function(&self, call: &CallExpression, depth: usize) -> Origin {
        let Expression::Identifier(name) = &call.callee else {
            return Origin::Unknown;
        };
        match self.symbol(&call.callee) {
            // `asyncMap(ids, (id) => ctx.db.get(id))`
            Some(symbol) if self.is_mapping(symbol) => {
                let callback = call.arguments.get(1).and_then(Argument::as_expression);
                let made = callback.map_or(Origin::Unknown, |made| self.made_by(made, depth));
                Origin::List(Box::new(made))
            }
            Some(symbol) if self.is_of_module(symbol) => match self.import(symbol) {
                // `filter(ctx.db.query("notes"), (note) => …)`
                Some(("convex-helpers/server/filter", Some(_))) => {
                    let query = call.arguments.first().and_then(Argument::as_expression);
                    query.map_or(Origin::Unknown, |query| self.origin(query, depth + 1))
                }
                // Of Convex Auth's own tables.
                Some(("@convex-dev/auth/server", Some(taken))) => match taken.as_str() {
                    "getAuthUserId" => Origin::Id("users".to_owned()),
                    "getAuthSessionId" => Origin::Id("authSessions".to_owned()),
                    _ => Origin::Unknown,
                },
                _ => Origin::Call(name.name.to_string(), self.given_to(call, depth)),
            },
            Some(symbol) => match self.declared(symbol) {
                Some((made, None)) => self.made_by(made, depth),
                _ => Origin::Unknown,
            },
            None => Origin::Unknown,
        }
    }

    /// What a method of the class gives in which the call is, or of one that it extends.
    fn of_method(&self, call: &CallExpression, name: &str, depth: usize) -> Origin {
        let mut around = self.nodes.ancestor_kinds(call.node_id());
        let mut class = around.find_map(|kind| match kind {
            AstKind::Class(class) => Some(class),
            _ => None,
        });
        for _ in 0..DEPTH {
            let Some(this) = class else { break };
            let method = this.body.body.iter().find_map(|element| match element {
                ClassElement::MethodDefinition(method)
                    if method.key.static_name().as_deref() == Some(name) =>
                {
                    Some(&method.value)
                }
                _ => None,
            });
            if let Some(parts) = method.and_then(|method| Parts::of_function(method)) {
                // What it is given is not what a function of the module is given.
                let returned = self.returned(&parts, depth + 1);
                return if returned.has_parameter() {
                    Origin::Unknown
                } else {
                    returned
                };
            }
            let parent = this.heritage.as_ref();
            let parent = parent.and_then(|parent| self.symbol(&parent.expression));
            class = parent.and_then(|parent| {
                match self.nodes.kind(self.scoping.symbol_declaration(parent)) {
                    AstKind::Class(class) => Some(class),
                    _ => None,
                }
            });
        }
        Origin::Unknown
    }

    /// What a call is given.
    pub(super) fn given_to(&self, call: &CallExpression, depth: usize) -> Vec<Origin> {
        let given = call.arguments.iter().map(|argument| {
            let given = argument.as_expression();
            given.map_or(Origin::Unknown, |given| self.origin(given, depth + 1))
        });
        given.collect()
    }

    /// `asyncMap` of `convex-helpers`.
    pub(super) fn is_mapping(&self, symbol: SymbolId) -> bool {
        let import = self.import(symbol);
        import.is_some_and(|(from, taken)| {
            from.starts_with("convex-helpers") && taken.as_deref() == Some("asyncMap")
        })
    }

    /// Whether a name stands for all of an imported module.
    pub(super) fn is_namespace(&self, expression: &Expression) -> bool {
        let import = self.symbol(expression).and_then(|s| self.import(s));
        matches!(import, Some((_, None)))
    }

    /// What the function gives that a statement declares.
    pub(super) fn returned(&self, parts: &Parts, depth: usize) -> Origin {
        let declared = parts.returns.map(|returns| self.of_type(returns, depth));
        match declared.filter(|declared| !declared.is_unknown()) {
            // Of which table an id is, its type says; whose it is, where it comes from.
            Some(id @ Origin::Id(_)) if depth == 0 => {
                Origin::Or(Box::new(id), Box::new(self.given_back(parts, depth)))
            }
            Some(known) => known,
            None => self.given_back(parts, depth),
        }
    }

    /// The same by what stands behind its `return`.
    fn given_back(&self, parts: &Parts, depth: usize) -> Origin {
        let statements = match &parts.body {
            Body::Value(value) => return self.origin(value, depth),
            Body::Statements(_) => self.tree(parts.id),
        };
        let returned = statements.filter_map(|node| {
            let AstKind::ReturnStatement(statement) = node.kind() else {
                return None;
            };
            let mut around = self.nodes.ancestor_ids(node.id());
            let function = around.find(|around| {
                matches!(
                    self.nodes.kind(*around),
                    AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
                )
            })?;
            (function == parts.id).then(|| {
                let value = statement.argument.as_ref();
                value.map_or(Origin::Nothing, |value| self.origin(value, depth))
            })
        });
        Origin::Each(returned.collect())
    }

    /// What a callback gives.
    fn made_by(&self, callback: &Expression, depth: usize) -> Origin {
        let Expression::ArrowFunctionExpression(arrow) = callback.get_inner_expression() else {
            return Origin::Unknown;
        };
        let value = match &arrow.body {
            ArrowFunctionBody::FunctionBody(body) => match body.statements.last() {
                Some(Statement::ReturnStatement(returned)) => returned.argument.as_ref(),
                _ => None,
            },
            body => body.as_expression(),
        };
        value.map_or(Origin::Unknown, |value| self.origin(value, depth + 1))
    }
}

/// What is the second of the pairs that `notes.map((note) => [note.title, note])` gives.
fn paired<'e, 'a>(pairs: &'e Expression<'a>) -> Option<&'e Expression<'a>> {
    let Expression::CallExpression(call) = pairs.get_inner_expression() else {
        return None;
    };
    let (_, "map") = method(call)? else {
        return None;
    };
    let callback = call.arguments.first().and_then(Argument::as_expression)?;
    let Expression::ArrowFunctionExpression(arrow) = callback.get_inner_expression() else {
        return None;
    };
    let pair = match &arrow.body {
        ArrowFunctionBody::FunctionBody(body) => match body.statements.as_slice() {
            [Statement::ReturnStatement(returned)] => returned.argument.as_ref(),
            _ => None,
        },
        body => body.as_expression(),
    };
    match pair?.get_inner_expression() {
        Expression::ArrayExpression(pair) => match pair.elements.as_slice() {
            [_, value] => value.as_expression(),
            _ => None,
        },
        _ => None,
    }
}
