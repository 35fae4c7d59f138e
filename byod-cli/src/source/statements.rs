//! Judges functions of which byod takes the place: whether one does nothing but tell
//! who calls, and fails only where nobody is signed in.
//!
//! On users' deployments the caller is always known. So what a function does where
//! nobody is signed in doesn't count there, and everything else it does must count.

use std::collections::BTreeSet;

use oxc_ast::ast::{
    ArrowFunctionBody, BindingPattern, Expression, FormalParameters, FunctionBody, Statement,
    TSType,
};
use oxc_semantic::SymbolId;
use oxc_span::{GetSpan, Span};

use super::Caller;
use super::expressions::{Known, Told};
use super::nodes::Reader;

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
    pub(super) depth: usize,
}

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
}

/// Whether nothing behind the statement runs.
fn ends(statement: &Statement) -> bool {
    match statement {
        Statement::ReturnStatement(_) | Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => block.body.iter().any(ends),
        _ => false,
    }
}
