//! Judges functions of which byod takes the place: whether one does nothing but tell
//! who calls, and fails only where nobody is signed in.
//!
//! On users' deployments the caller is always known. So what a function does where
//! nobody is signed in doesn't count there, and everything else it does must count.

use oxc_ast::ast::{BindingPattern, Expression, Statement};
use oxc_span::GetSpan;

use super::syntax::{Body, Parts};
use super::telling::{Judge, Known, Told, Verdict};
use super::verdict::Telling;

impl Judge<'_, '_, '_> {
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
        match self.judged(verdict) {
            Ok(plain) => Telling::Plain(plain),
            Err(span) => Telling::More(span),
        }
    }

    fn answer(&mut self, value: &Expression) -> Verdict {
        let told = self.told(value).ok_or_else(|| value.span())?;
        // That there is nobody, though there is.
        if told == Told::Nothing {
            return Err(value.span());
        }
        self.plain.is_part |= matches!(told, Told::Part | Told::Mail);
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
                        if !is_told || runs_code(&declarator.id) {
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

/// Whether taking a value apart does more than that: a default or a computed name may.
fn runs_code(pattern: &BindingPattern) -> bool {
    match pattern {
        BindingPattern::BindingIdentifier(_) => false,
        BindingPattern::AssignmentPattern(_) => true,
        BindingPattern::ObjectPattern(object) => {
            let mut properties = object.properties.iter();
            properties.any(|property| property.computed || runs_code(&property.value))
        }
        BindingPattern::ArrayPattern(array) => array.elements.iter().flatten().any(runs_code),
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
