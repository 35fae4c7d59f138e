//! Where the ids come from by which documents are reached: what the text shows of the
//! table they are of.

use std::collections::BTreeMap;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionBody, CallExpression, Expression,
    ObjectPropertyKind, Statement, TSSignature, TSType, VariableDeclarationKind,
};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::{GetSpan, Span};

use super::facts::Reached;
use super::lookup::{Step, method, path};
use super::parse::range;
use super::reader::Reader;
use super::telling::{Body, Parts};
use super::{Facts, shorten};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    Unknown,
    /// The text says that it may be anything.
    Any,
    /// Null, a number, a text: no id.
    Nothing,
    /// The arguments of the Convex function.
    Args,
    /// A parameter of the helper, by its place.
    Parameter(usize),
    /// What a function of that name gives for these.
    Call(String, Vec<Origin>),
    /// An id of the table.
    Id(String),
    /// A document of the table, or the query of them.
    Doc(String),
    Query(String),
    List(Box<Origin>),
    Member(Box<Origin>, String),
    Element(Box<Origin>),
    /// The document with that id.
    Document(Box<Origin>),
    Fields(BTreeMap<String, Origin>),
    /// One of these.
    Each(Vec<Origin>),
}

impl Origin {
    /// Whether a part of it isn't known.
    fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Each(all) => all.iter().any(Self::is_unknown),
            Self::List(of) => of.is_unknown(),
            _ => false,
        }
    }
}

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

/// How far an origin is followed.
const DEPTH: usize = 16;

impl Reader<'_, '_> {
    /// Notes by which id a call of the database reaches a document, unless it names
    /// the table.
    pub(super) fn reached(&self, call: &CallExpression, facts: &mut Facts) {
        let Some((object, name)) = method(call) else {
            return;
        };
        if !self.is_database(object, 0) {
            return;
        }
        let ids = match name {
            "get" | "delete" => 1,
            "patch" | "replace" => 2,
            // By the table's name.
            _ => {
                let is_text = matches!(call.arguments.first(), Some(Argument::StringLiteral(_)));
                facts.has_computed_tables |= !is_text;
                return;
            }
        };
        if call.arguments.len() > ids {
            let is_text = matches!(call.arguments.first(), Some(Argument::StringLiteral(_)));
            facts.has_computed_tables |= !is_text;
            return;
        }
        let id = call.arguments.first().and_then(Argument::as_expression);
        facts.reached.push(Reached {
            id: id.map_or(Origin::Unknown, |id| self.origin(id, 0)),
            shown: shorten(&self.text[range(call.span)]),
        });
    }

    /// `ctx.db`, or a variable that is that.
    pub(super) fn is_database(&self, expression: &Expression, depth: usize) -> bool {
        match expression.get_inner_expression() {
            Expression::StaticMemberExpression(member) => {
                member.property.name == "db"
                    // `ctx.db.system`
                    || member.property.name == "system" && self.is_database(&member.object, depth)
            }
            Expression::Identifier(name) => {
                let declared = self.symbol(expression).and_then(|s| self.declared(s));
                let is_typed = || {
                    let symbol = self.symbol(expression)?;
                    let declaration = self.scoping.symbol_declaration(symbol);
                    let annotation = match self.nodes.kind(declaration) {
                        AstKind::FormalParameter(parameter) => &parameter.type_annotation,
                        AstKind::VariableDeclarator(declarator) => &declarator.type_annotation,
                        _ => return None,
                    };
                    let written = &self.text[range(annotation.as_ref()?.span)];
                    let is_part = written.contains("[\"db\"]") || written.contains("['db']");
                    Some(written.contains("Database") || is_part)
                };
                name.name == "db"
                    || is_typed().unwrap_or_default()
                    || match declared {
                        Some((init, None)) => depth < 8 && self.is_database(init, depth + 1),
                        Some((_, Some(key))) => key == "db",
                        None => false,
                    }
            }
            _ => false,
        }
    }

    fn origin(&self, expression: &Expression, depth: usize) -> Origin {
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

    fn of_type(&self, written: &TSType, depth: usize) -> Origin {
        let next = |written: &TSType| self.of_type(written, depth + 1);
        match written {
            _ if depth > DEPTH => Origin::Unknown,
            TSType::TSAnyKeyword(_) => Origin::Any,
            TSType::TSNullKeyword(_)
            | TSType::TSUndefinedKeyword(_)
            | TSType::TSBooleanKeyword(_)
            | TSType::TSNumberKeyword(_)
            | TSType::TSLiteralType(_) => Origin::Nothing,
            TSType::TSParenthesizedType(inner) => next(&inner.type_annotation),
            TSType::TSArrayType(array) => Origin::List(Box::new(next(&array.element_type))),
            TSType::TSTypeOperatorType(operator) => next(&operator.type_annotation),
            TSType::TSUnionType(union) => Origin::Each(union.types.iter().map(next).collect()),
            TSType::TSTypeLiteral(literal) => {
                let fields = literal.members.iter().filter_map(|member| match member {
                    TSSignature::TSPropertySignature(property) => {
                        let annotation = property.type_annotation.as_ref()?;
                        let key = property.key.static_name()?.to_string();
                        Some((key, next(&annotation.type_annotation)))
                    }
                    _ => None,
                });
                Origin::Fields(fields.collect())
            }
            TSType::TSTypeReference(reference) => {
                let Some(name) = self.type_name(&reference.type_name) else {
                    return Origin::Unknown;
                };
                let first = reference
                    .type_arguments
                    .iter()
                    .find_map(|a| a.params.first());
                let table = first.and_then(|first| match first {
                    TSType::TSLiteralType(literal) => match &literal.literal {
                        oxc_ast::ast::TSLiteral::StringLiteral(text) => {
                            Some(text.value.to_string())
                        }
                        _ => None,
                    },
                    _ => None,
                });
                match (name.as_str(), table, first) {
                    ("Id" | "GenericId", Some(table), _) => Origin::Id(table),
                    ("Doc", Some(table), _) => Origin::Doc(table),
                    ("Promise" | "NonNullable" | "Readonly", _, Some(inner)) => next(inner),
                    ("Array" | "ReadonlyArray" | "Set", _, Some(inner)) => {
                        Origin::List(Box::new(next(inner)))
                    }
                    _ => self.of_alias(reference, depth),
                }
            }
            _ => Origin::Unknown,
        }
    }

    /// `type Note = Doc<"notes">`
    fn of_alias(&self, reference: &oxc_ast::ast::TSTypeReference, depth: usize) -> Origin {
        let oxc_ast::ast::TSTypeName::IdentifierReference(name) = &reference.type_name else {
            return Origin::Unknown;
        };
        let symbol = self.scoping.get_reference(name.reference_id()).symbol_id();
        let declared = symbol.map(|s| self.nodes.kind(self.scoping.symbol_declaration(s)));
        match declared {
            Some(AstKind::TSTypeAliasDeclaration(alias)) => {
                self.of_type(&alias.type_annotation, depth + 1)
            }
            _ => Origin::Unknown,
        }
    }
}
