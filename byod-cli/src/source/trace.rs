//! Where the ids come from by which documents are reached: what the text shows of the
//! table they are of.

use std::collections::BTreeMap;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionBody, CallExpression, Expression,
    ObjectPropertyKind, Statement, VariableDeclarationKind,
};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::{GetSpan, Span};

use super::nodes::Reader;
use super::origin::{DEPTH, Origin};
use super::syntax::{Body, Parts, Step, method, path};

const SAME: [&str; 14] = [
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
    "withIndex",
    "withSearchIndex",
];
const ONE_OF: [&str; 6] = ["at", "find", "findLast", "pop", "shift", "reduce"];
const EACH: [&str; 12] = [
    "every",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "flatMap",
    "forEach",
    "map",
    "reduce",
    "some",
    "sort",
    "toSorted",
];

impl Reader<'_, '_> {
    pub(super) fn origin(&self, expression: &Expression, depth: usize) -> Origin {
        if depth > DEPTH {
            return Origin::Unknown;
        }
        let next = |expression: &Expression| self.origin(expression, depth + 1);
        let of = |origin: Origin| Box::new(origin);
        match expression {
            Expression::TSAsExpression(cast) => match self.of_type(&cast.type_annotation, 0) {
                Origin::Unknown => next(&cast.expression),
                known => known,
            },
            Expression::TSTypeAssertion(cast) => match self.of_type(&cast.type_annotation, 0) {
                Origin::Unknown => next(&cast.expression),
                known => known,
            },
            Expression::ParenthesizedExpression(inner) => next(&inner.expression),
            Expression::TSNonNullExpression(inner) => next(&inner.expression),
            Expression::TSSatisfiesExpression(inner) => next(&inner.expression),
            Expression::AwaitExpression(inner) => next(&inner.argument),
            Expression::NullLiteral(_)
            | Expression::BooleanLiteral(_)
            | Expression::NumericLiteral(_)
            | Expression::StringLiteral(_)
            | Expression::TemplateLiteral(_) => Origin::Nothing,
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
                _ => Origin::Unknown,
            },
            Expression::CallExpression(call) => self.of_call(call, depth),
            _ => Origin::Unknown,
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
            return match (name, text) {
                ("get", Some(table)) => Origin::Doc(table),
                ("query", Some(table)) => Origin::Query(table),
                ("insert" | "normalizeId", Some(table)) => Origin::Id(table),
                ("get", None) if call.arguments.len() == 1 => {
                    given.map_or(Origin::Unknown, |id| Origin::Document(Box::new(next(id))))
                }
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
            "map" | "flatMap" => {
                let made = given.map_or(Origin::Unknown, |callback| self.made_by(callback, depth));
                if name == "map" {
                    Origin::List(Box::new(made))
                } else {
                    made
                }
            }
            name if ONE_OF.contains(&name) => Origin::Element(Box::new(next(object))),
            name if SAME.contains(&name) => next(object),
            _ => Origin::Unknown,
        }
    }

    /// `getNote(ctx, id)`
    fn of_function(&self, call: &CallExpression, depth: usize) -> Origin {
        let Expression::Identifier(name) = &call.callee else {
            return Origin::Unknown;
        };
        match self.symbol(&call.callee) {
            Some(symbol) if self.is_of_module(symbol) => {
                let given = call.arguments.iter().map(|argument| {
                    let given = argument.as_expression();
                    given.map_or(Origin::Unknown, |given| self.origin(given, depth + 1))
                });
                Origin::Call(name.name.to_string(), given.collect())
            }
            _ => Origin::Unknown,
        }
    }

    /// What the function gives that a statement declares.
    pub(super) fn returned(&self, parts: &Parts) -> Origin {
        let declared = parts.returns.map(|returns| self.of_type(returns, 0));
        if let Some(known) = declared.filter(|declared| !declared.is_unknown()) {
            return known;
        }
        let statements = match &parts.body {
            Body::Value(value) => return self.origin(value, 0),
            Body::Statements(_) => self.nodes.iter(),
        };
        let returned = statements.filter_map(|node| {
            let AstKind::ReturnStatement(statement) = node.kind() else {
                return None;
            };
            let mut around = self.nodes.ancestor_kinds(node.id());
            let function = around.find(|kind| {
                matches!(
                    kind,
                    AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
                )
            })?;
            (function.span() == parts.span).then(|| {
                let value = statement.argument.as_ref();
                value.map_or(Origin::Nothing, |value| self.origin(value, 0))
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

    fn of_symbol(&self, symbol: SymbolId, depth: usize) -> Origin {
        if depth > DEPTH {
            return Origin::Unknown;
        }
        let at = self.scoping.symbol_declaration(symbol);
        let (pattern, base) = match self.nodes.kind(at) {
            AstKind::VariableDeclarator(declarator) => {
                let base = match (&declarator.type_annotation, &declarator.init) {
                    (Some(annotation), _) => self.of_type(&annotation.type_annotation, 0),
                    _ if self.scoping.symbol_is_mutated(symbol) => Origin::Unknown,
                    (None, Some(init)) => self.origin(init, depth + 1),
                    (None, None) => self.of_loop(at, depth),
                };
                (&declarator.id, base)
            }
            AstKind::FormalParameter(parameter) => {
                let annotation = parameter.type_annotation.as_ref();
                let typed = annotation.map(|typed| self.of_type(&typed.type_annotation, 0));
                let base = match typed {
                    Some(known) if !known.is_unknown() => known,
                    _ if self.scoping.symbol_is_mutated(symbol) => Origin::Unknown,
                    _ => self.of_parameter(at, parameter.span, depth),
                };
                (&parameter.pattern, base)
            }
            _ => return Origin::Unknown,
        };
        let Some(steps) = path(pattern, symbol) else {
            return Origin::Unknown;
        };
        steps.into_iter().fold(base, |origin, step| match step {
            Step::Member(name) => Origin::Member(Box::new(origin), name),
            Step::Element => Origin::Element(Box::new(origin)),
        })
    }

    /// `for (const note of notes)`
    fn of_loop(&self, declarator: NodeId, depth: usize) -> Origin {
        let declaration = self.nodes.parent_id(declarator);
        match (
            self.nodes.kind(declaration),
            self.nodes.parent_kind(declaration),
        ) {
            (AstKind::VariableDeclaration(variables), AstKind::ForOfStatement(each))
                if variables.kind == VariableDeclarationKind::Const =>
            {
                Origin::Element(Box::new(self.origin(&each.right, depth + 1)))
            }
            _ => Origin::Unknown,
        }
    }

    /// A parameter of a function that is written where it is used.
    fn of_parameter(&self, parameter: NodeId, span: Span, depth: usize) -> Origin {
        let parameters = self.nodes.parent_id(parameter);
        let AstKind::FormalParameters(list) = self.nodes.kind(parameters) else {
            return Origin::Unknown;
        };
        let number = list.items.iter().position(|item| item.span == span);
        let function = self.nodes.parent_id(parameters);
        let at = self.nodes.kind(function).span();
        match self.nodes.parent_kind(function) {
            AstKind::ObjectProperty(property)
                if property.key.static_name().as_deref() == Some("handler") =>
            {
                if number == Some(1) {
                    Origin::Args
                } else {
                    Origin::Unknown
                }
            }
            // A function that a statement declares.
            _ if self.is_declared(function) => number.map_or(Origin::Unknown, Origin::Parameter),
            AstKind::CallExpression(call) => {
                let Some((object, name)) = method(call) else {
                    return Origin::Unknown;
                };
                let is_first = call.arguments.first().is_some_and(|a| a.span() == at);
                let wanted = if name == "reduce" { 1 } else { 0 };
                match name {
                    "then" if is_first && number == Some(0) => self.origin(object, depth + 1),
                    name if EACH.contains(&name) && is_first && number == Some(wanted) => {
                        Origin::Element(Box::new(self.origin(object, depth + 1)))
                    }
                    _ => Origin::Unknown,
                }
            }
            _ => Origin::Unknown,
        }
    }

    /// Whether no function is around the function.
    fn is_declared(&self, function: NodeId) -> bool {
        !self.nodes.ancestor_kinds(function).any(|kind| {
            matches!(
                kind,
                AstKind::Function(_) | AstKind::ArrowFunctionExpression(_) | AstKind::Class(_)
            ) || matches!(
                kind,
                AstKind::CallExpression(_) | AstKind::ObjectExpression(_)
            )
        })
    }
}
