//! Judges functions of which byod takes the place: whether one does nothing but tell
//! who calls, and fails only where nobody is signed in.
//!
//! On users' deployments the caller is always known. So what a function does where
//! nobody is signed in doesn't count there, and everything else it does must count.

use std::collections::BTreeSet;

use oxc_ast::ast::{
    Argument, ArrowFunctionBody, BindingPattern, CallExpression, Expression, FormalParameters,
    FunctionBody, ObjectPropertyKind, Statement, TSType,
};
use oxc_semantic::SymbolId;
use oxc_span::{GetSpan, Span};

use super::Caller;
use super::lookup::{method, plain};
use super::reader::{Reader, function_path, is_empty_object};

/// Whether a function does nothing but tell who calls.
#[derive(Clone, Debug)]
pub(crate) enum Telling {
    Plain(Plain),
    /// It does more, as this part of it shows: where that is in the module.
    More(Span),
}

/// A function that does nothing but tell who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain {
    /// Whom it asks in turn.
    pub(crate) asks: BTreeSet<Caller>,
    /// The tables in which it looks the caller up.
    pub(crate) tables: BTreeSet<String>,
    /// The options of a builder with which it would do more.
    pub(crate) options: BTreeSet<String>,
    /// It answers with a part of what is known of the caller, which may be anything.
    pub(crate) is_part: bool,
}

/// What is known of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// All that there is, or that there is nobody.
    Whole,
    /// Their identity, or nothing.
    Identity,
    /// A part, which may be anything.
    Part,
    /// Null.
    Nothing,
}

/// What a condition comes to where the caller is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    False,
    True,
}

/// Parts of the code that a judged function has.
pub(super) struct Judge<'r, 'n, 'a> {
    pub(super) reader: &'r Reader<'n, 'a>,
    pub(super) context: Option<SymbolId>,
    /// What a builder is given: `definition`, as in `definition.role`.
    pub(super) definition: Option<SymbolId>,
    /// The same, taken apart: `{ role }`.
    pub(super) options: Vec<(SymbolId, String)>,
    pub(super) plain: Plain,
    /// How far names have been followed.
    depth: usize,
}

/// How far names are followed: further than anybody writes, and not round in rings.
const DEPTH: usize = 64;

pub(super) type Verdict = Result<(), Span>;

/// A function's parameters and what it does.
pub(super) struct Parts<'e> {
    pub(super) parameters: &'e FormalParameters<'e>,
    pub(super) body: Body<'e>,
    /// The type that it says it gives.
    pub(super) returns: Option<&'e TSType<'e>>,
    pub(super) span: Span,
}

pub(super) enum Body<'e> {
    Statements(&'e [Statement<'e>]),
    Value(&'e Expression<'e>),
}

impl<'e> Parts<'e> {
    pub(super) fn of(expression: &'e Expression<'e>) -> Option<Self> {
        match expression.get_inner_expression() {
            Expression::ArrowFunctionExpression(arrow) => Some(Self {
                parameters: &arrow.params,
                body: match &arrow.body {
                    ArrowFunctionBody::FunctionBody(body) => Body::Statements(&body.statements),
                    body => Body::Value(body.as_expression()?),
                },
                returns: arrow.return_type.as_ref().map(|t| &t.type_annotation),
                span: arrow.span,
            }),
            Expression::FunctionExpression(function) => Self::of_function(function),
            _ => None,
        }
    }

    pub(super) fn of_function(function: &'e oxc_ast::ast::Function<'e>) -> Option<Self> {
        let body: &FunctionBody = function.body.as_ref()?;
        (!function.generator).then(|| Self {
            parameters: &function.params,
            body: Body::Statements(&body.statements),
            returns: function.return_type.as_ref().map(|t| &t.type_annotation),
            span: function.span,
        })
    }

    /// The symbol of a parameter without a pattern or a default.
    pub(super) fn parameter(&self, number: usize) -> Option<SymbolId> {
        let parameter = self.parameters.items.get(number)?;
        match &parameter.pattern {
            BindingPattern::BindingIdentifier(name) if parameter.initializer.is_none() => {
                Some(name.symbol_id())
            }
            _ => None,
        }
    }
}

impl<'r, 'n, 'a> Judge<'r, 'n, 'a> {
    pub(super) fn new(reader: &'r Reader<'n, 'a>) -> Self {
        Self {
            reader,
            context: None,
            definition: None,
            options: Vec::new(),
            plain: Plain::default(),
            depth: 0,
        }
    }

    /// A helper `(ctx) => …`, or the handler of a function without arguments.
    pub(super) fn function(mut self, parts: &Parts<'_>) -> Telling {
        self.context = parts.parameter(0);
        let takes_one = parts.parameters.items.len() == 1 && parts.parameters.rest.is_none();
        if !takes_one || self.context.is_none() {
            return Telling::More(parts.span);
        }
        let verdict = match &parts.body {
            Body::Value(value) => self.answer(value),
            Body::Statements(statements) => self.statements(statements, &mut Self::answer),
        };
        match verdict {
            Ok(()) => Telling::Plain(self.plain),
            Err(span) => Telling::More(span),
        }
    }

    fn answer(&mut self, value: &Expression) -> Verdict {
        let told = self.told(value).ok_or_else(|| value.span())?;
        // That there is nobody, though there is.
        if told == Told::Nothing {
            return Err(value.span());
        }
        self.plain.is_part |= told == Told::Part;
        Ok(())
    }

    /// Judges the statements; `answer` judges what is returned.
    pub(super) fn statements(
        &mut self,
        statements: &[Statement],
        answer: &mut dyn FnMut(&mut Self, &Expression) -> Verdict,
    ) -> Verdict {
        for statement in statements {
            let more = Err(statement.span());
            match statement {
                Statement::VariableDeclaration(variables) => {
                    for declarator in &variables.declarations {
                        let is_told = declarator
                            .init
                            .as_ref()
                            .is_some_and(|init| self.told(init).is_some() || self.is_context(init));
                        if !is_told {
                            return more;
                        }
                    }
                }
                Statement::ExpressionStatement(expression) => {
                    if self.told(&expression.expression).is_none() {
                        return more;
                    }
                }
                Statement::IfStatement(choice) => match self.test(&choice.test) {
                    Some(Known::False) => {
                        if let Some(other) = &choice.alternate {
                            self.statements(std::slice::from_ref(other), answer)?;
                        }
                    }
                    Some(Known::True) => {
                        self.statements(std::slice::from_ref(&choice.consequent), answer)?;
                        if ends(&choice.consequent) {
                            return Ok(());
                        }
                    }
                    None => return more,
                },
                Statement::BlockStatement(block) => {
                    self.statements(&block.body, answer)?;
                    if block.body.iter().any(ends) {
                        return Ok(());
                    }
                }
                Statement::ReturnStatement(returned) => {
                    return match &returned.argument {
                        Some(value) => answer(self, value),
                        None => more,
                    };
                }
                Statement::EmptyStatement(_)
                | Statement::TSTypeAliasDeclaration(_)
                | Statement::TSInterfaceDeclaration(_) => {}
                _ => return more,
            }
        }
        Ok(())
    }

    /// Whether an expression is the context, or that with what is told of the caller.
    pub(super) fn is_context(&mut self, expression: &Expression) -> bool {
        self.depth += 1;
        let is_context = self.depth <= DEPTH && self.is_context_here(expression);
        self.depth -= 1;
        is_context
    }

    fn is_context_here(&mut self, expression: &Expression) -> bool {
        match expression.get_inner_expression() {
            Expression::Identifier(_) => {
                let symbol = self.reader.symbol(expression);
                if symbol.is_some() && symbol == self.context {
                    return true;
                }
                let declared = symbol.and_then(|symbol| self.reader.declared(symbol));
                matches!(declared, Some((init, None))
                    if matches!(init.get_inner_expression(), Expression::ObjectExpression(_))
                        && self.is_context(init))
            }
            Expression::ObjectExpression(object) => {
                let mut spreads = 0;
                let all = object.properties.iter().all(|property| match property {
                    ObjectPropertyKind::SpreadProperty(spread) => {
                        spreads += 1;
                        self.is_context(&spread.argument)
                    }
                    // Nothing that every context has is replaced by another.
                    ObjectPropertyKind::ObjectProperty(property) => {
                        let name = property.key.static_name();
                        name.is_some_and(|name| !super::reader::CONTEXT.contains(&&*name))
                            && self.told(&property.value).is_some()
                    }
                });
                all && spreads == 1
            }
            _ => false,
        }
    }

    /// What an expression says of the caller, if it says nothing else.
    pub(super) fn told(&mut self, expression: &Expression) -> Option<Told> {
        self.depth += 1;
        let told = (self.depth <= DEPTH).then(|| self.told_here(expression));
        self.depth -= 1;
        told.flatten()
    }

    fn told_here(&mut self, expression: &Expression) -> Option<Told> {
        if self.reader.is_identity(expression, 0) {
            return Some(Told::Identity);
        }
        if self.reader.is_subject(expression, 0) {
            return Some(Told::Whole);
        }
        match plain(expression) {
            Expression::NullLiteral(_) => Some(Told::Nothing),
            Expression::Identifier(name) if name.name == "undefined" => Some(Told::Nothing),
            Expression::Identifier(_) => {
                let symbol = self.reader.symbol(expression)?;
                if self.reader.is_of_module(symbol) {
                    return None;
                }
                match self.reader.declared(symbol)? {
                    (init, None) => self.told(init),
                    (init, Some(key)) => self.member(init, &key),
                }
            }
            Expression::StaticMemberExpression(member) => {
                self.member(&member.object, &member.property.name)
            }
            Expression::ChainExpression(chain) => {
                let member = chain.expression.as_member_expression()?;
                self.member(member.object(), member.static_property_name()?)
            }
            Expression::CallExpression(call) => self.called(call),
            Expression::LogicalExpression(logical) => {
                if logical.operator.is_and() {
                    (self.test(&logical.left)? == Known::True).then_some(())?;
                    self.told(&logical.right)
                } else {
                    let left = self.told(&logical.left)?;
                    (self.told(&logical.right)? == Told::Nothing).then_some(left)
                }
            }
            Expression::ConditionalExpression(choice) => match self.test(&choice.test)? {
                Known::True => self.told(&choice.consequent),
                Known::False => self.told(&choice.alternate),
            },
            Expression::ObjectExpression(object) => {
                for property in &object.properties {
                    let value = match property {
                        ObjectPropertyKind::ObjectProperty(property) => &property.value,
                        ObjectPropertyKind::SpreadProperty(spread) => &spread.argument,
                    };
                    self.told(value)?;
                }
                Some(Told::Part)
            }
            _ => None,
        }
    }

    fn member(&mut self, object: &Expression, name: &str) -> Option<Told> {
        match self.told(object)? {
            Told::Whole if name == "_id" => Some(Told::Whole),
            Told::Nothing => None,
            _ => Some(Told::Part),
        }
    }

    fn called(&mut self, call: &CallExpression) -> Option<Told> {
        if let Some(looked_up) = self.reader.looked_up(call) {
            self.plain.tables.insert(looked_up.table);
            return (Some(looked_up.context) == self.context).then_some(Told::Whole);
        }
        // `getUser(ctx)`
        if let Expression::Identifier(name) = &call.callee {
            let [Argument::Identifier(given)] = call.arguments.as_slice() else {
                return None;
            };
            let given = self.reader.scoping.get_reference(given.reference_id());
            let is_of_module = self
                .reader
                .symbol(&call.callee)
                .is_some_and(|symbol| self.reader.is_of_module(symbol));
            let is_asked =
                is_of_module && self.context.is_some() && given.symbol_id() == self.context;
            return is_asked.then(|| {
                self.plain
                    .asks
                    .insert(Caller::Helper(name.name.to_string()));
                Told::Whole
            });
        }
        let (object, name) = method(call)?;
        match name {
            "runQuery" => {
                let is_mine = self.reader.symbol(object) == self.context;
                let takes_none = call.arguments.get(1).is_none_or(is_empty_object);
                let path = call.arguments.first().and_then(function_path)?;
                (is_mine && takes_none && call.arguments.len() <= 2).then(|| {
                    self.plain.asks.insert(Caller::Function(path));
                    Told::Whole
                })
            }
            // By an id that was told.
            "get" => {
                let Expression::StaticMemberExpression(database) = object.get_inner_expression()
                else {
                    return None;
                };
                let is_mine = database.property.name == "db"
                    && self.reader.symbol(&database.object) == self.context;
                let id = match call.arguments.as_slice() {
                    [id] => id,
                    [Argument::StringLiteral(table), id] => {
                        self.plain.tables.insert(table.value.to_string());
                        id
                    }
                    _ => return None,
                };
                let id = self.told(id.as_expression()?)?;
                (is_mine && id == Told::Whole).then_some(Told::Whole)
            }
            _ => None,
        }
    }

    /// What a condition comes to where the caller is known, and no option that would
    /// matter is given.
    fn test(&mut self, condition: &Expression) -> Option<Known> {
        let not = |known| match known {
            Known::True => Known::False,
            Known::False => Known::True,
        };
        if let Some(option) = self.option(condition) {
            self.plain.options.insert(option);
            return Some(Known::False);
        }
        match condition.get_inner_expression() {
            Expression::UnaryExpression(unary) if unary.operator.as_str() == "!" => {
                self.test(&unary.argument).map(not)
            }
            Expression::BinaryExpression(binary) if binary.operator.is_equality() => {
                let (value, other) = (&binary.left, &binary.right);
                let is_nothing = matches!(self.told(other)?, Told::Nothing);
                let is_known = matches!(self.told(value)?, Told::Whole | Told::Identity);
                (is_nothing && is_known).then_some(())?;
                Some(if binary.operator.as_str().starts_with('!') {
                    Known::True
                } else {
                    Known::False
                })
            }
            Expression::LogicalExpression(logical) => {
                let left = self.test(&logical.left);
                let decided = if logical.operator.is_and() {
                    Known::False
                } else if logical.operator.is_or() {
                    Known::True
                } else {
                    return None;
                };
                if left == Some(decided) {
                    return left;
                }
                let right = self.test(&logical.right);
                if right == Some(decided) {
                    return right;
                }
                left.and(right)
            }
            _ => match self.told(condition)? {
                Told::Whole | Told::Identity => Some(Known::True),
                Told::Nothing => Some(Known::False),
                Told::Part => None,
            },
        }
    }

    /// `definition.role`
    pub(super) fn option(&self, expression: &Expression) -> Option<String> {
        let inner = expression.get_inner_expression();
        if let Expression::StaticMemberExpression(member) = inner
            && self.definition.is_some()
            && self.reader.symbol(&member.object) == self.definition
        {
            return Some(member.property.name.to_string());
        }
        let symbol = self.reader.symbol(inner)?;
        let mut options = self.options.iter();
        let found = options.find(|(option, _)| *option == symbol);
        found.map(|(_, name)| name.clone())
    }
}

/// Whether nothing behind the statement runs.
fn ends(statement: &Statement) -> bool {
    match statement {
        Statement::ReturnStatement(_) | Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => block.body.iter().any(ends),
        _ => false,
    }
}
