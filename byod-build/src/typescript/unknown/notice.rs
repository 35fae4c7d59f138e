//! Which operators and statements are rewritten, and how.

use oxc_allocator::{Allocator, CloneIn, TakeIn};
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionBody, ArrowFunctionExpression, CallExpression,
    DoWhileStatement, Expression, ForInStatement, ForOfStatement, ForStatement, Function,
    IfStatement, NewExpression, ObjectPropertyKind, Program, Statement, SwitchCase,
    SwitchStatement, TryStatement, UnaryOperator, WhileStatement,
};
use oxc_ast::builder::AstBuilder;
use oxc_ast_visit::{VisitMut, walk_mut};
use oxc_semantic::ScopeFlags;
use oxc_span::SPAN;

use super::effects::{is_literal, is_plain, throws};

/// Rewrites what a compiled module decides and computes.
pub(in crate::typescript) fn notice<'a>(allocator: &'a Allocator, program: &mut Program<'a>) {
    let builder = AstBuilder::new(allocator);
    let mut notice = Notice {
        allocator,
        builder,
        tries: 0,
    };
    notice.visit_program(program);
}

pub(super) struct Notice<'a> {
    pub(super) allocator: &'a Allocator,
    pub(super) builder: AstBuilder<'a>,
    /// How many `try` of the same function are around.
    tries: usize,
}

impl<'a> VisitMut<'a> for Notice<'a> {
    fn visit_expression(&mut self, expression: &mut Expression<'a>) {
        walk_mut::walk_expression(self, expression);
        let allocator = self.allocator;
        let made = match expression {
            Expression::LogicalExpression(logical) => self.logical(logical),
            Expression::ConditionalExpression(choice) => {
                if is_plain(&choice.consequent) && is_plain(&choice.alternate) {
                    let one = self.later(choice.consequent.take_in(&allocator));
                    let other = self.later(choice.alternate.take_in(&allocator));
                    Some(self.call("choose", vec![choice.test.take_in(&allocator), one, other]))
                } else {
                    self.wrap("test", &mut choice.test);
                    None
                }
            }
            Expression::BinaryExpression(binary)
                if !(is_literal(&binary.left) && is_literal(&binary.right)) =>
            {
                let operator = self.text(binary.operator.as_str());
                let left = binary.left.take_in(&allocator);
                let right = binary.right.take_in(&allocator);
                Some(self.call("binary", vec![operator, left, right]))
            }
            Expression::UnaryExpression(unary) => match unary.operator {
                UnaryOperator::Void | UnaryOperator::Delete => None,
                // A name may be nobody's.
                UnaryOperator::Typeof if matches!(unary.argument, Expression::Identifier(_)) => {
                    let value = self.later(unary.argument.clone_in(allocator));
                    let kind = expression.take_in(&allocator);
                    Some(self.call("typed", vec![kind, value]))
                }
                _ if is_literal(&unary.argument) => None,
                operator => {
                    let argument = unary.argument.take_in(&allocator);
                    Some(self.call("unary", vec![self.text(operator.as_str()), argument]))
                }
            },
            Expression::TemplateLiteral(template) if !template.expressions.is_empty() => {
                let quasis = template.quasis.iter();
                let texts: Option<Vec<_>> = quasis
                    .map(|one| one.value.cooked.filter(|_| !one.lone_surrogates))
                    .collect();
                texts.map(|texts| {
                    let texts = texts.into_iter().map(|text| {
                        ArrayExpressionElement::new_string_literal(SPAN, text, None, &self.builder)
                    });
                    let texts = oxc_allocator::Vec::from_iter_in(texts, &allocator);
                    let texts = Expression::new_array_expression(SPAN, texts, &self.builder);
                    let values = template.expressions.take_in(&allocator);
                    let mut all = vec![texts];
                    all.extend(values);
                    self.call("text", all)
                })
            }
            Expression::ArrayExpression(array) => {
                let mut spreads = false;
                for element in &mut array.elements {
                    if let ArrayExpressionElement::SpreadElement(spread) = element {
                        spreads = true;
                        self.wrap("many", &mut spread.argument);
                    }
                }
                spreads.then(|| self.call("array", vec![expression.take_in(&allocator)]))
            }
            Expression::ObjectExpression(object) => {
                let mut is_open = false;
                for property in &mut object.properties {
                    match property {
                        ObjectPropertyKind::SpreadProperty(_) => is_open = true,
                        ObjectPropertyKind::ObjectProperty(property) if property.computed => {
                            if let Some(key) = property.key.as_expression_mut()
                                && !is_literal(key)
                            {
                                is_open = true;
                                self.wrap("key", key);
                            }
                        }
                        ObjectPropertyKind::ObjectProperty(_) => {}
                    }
                }
                is_open.then(|| self.call("object", vec![expression.take_in(&allocator)]))
            }
            Expression::AssignmentExpression(assignment) => self.assignment(assignment),
            Expression::CallExpression(call) => self.called(call),
            _ => None,
        };
        if let Some(made) = made {
            *expression = made;
        }
    }

    fn visit_call_expression(&mut self, call: &mut CallExpression<'a>) {
        walk_mut::walk_call_expression(self, call);
        self.spread(&mut call.arguments);
    }

    fn visit_new_expression(&mut self, new: &mut NewExpression<'a>) {
        walk_mut::walk_new_expression(self, new);
        self.spread(&mut new.arguments);
        let of_number = matches!(&new.callee, Expression::Identifier(name) if name.name == "Array");
        if of_number
            && let Some(first) = new
                .arguments
                .first_mut()
                .and_then(Argument::as_expression_mut)
        {
            self.wrap("test", first);
        }
    }

    fn visit_if_statement(&mut self, statement: &mut IfStatement<'a>) {
        walk_mut::walk_if_statement(self, statement);
        // What fails to load has no answer on a deployment either: there it didn't.
        let only_fails = statement.alternate.is_none() && throws(&statement.consequent);
        let name = if only_fails && self.tries == 0 {
            "failing"
        } else {
            "test"
        };
        self.wrap(name, &mut statement.test);
    }

    fn visit_try_statement(&mut self, statement: &mut TryStatement<'a>) {
        self.tries += 1;
        self.visit_block_statement(&mut statement.block);
        self.tries -= 1;
        if let Some(handler) = &mut statement.handler {
            self.visit_catch_clause(handler);
        }
        if let Some(finalizer) = &mut statement.finalizer {
            self.visit_block_statement(finalizer);
        }
    }

    fn visit_while_statement(&mut self, statement: &mut WhileStatement<'a>) {
        walk_mut::walk_while_statement(self, statement);
        self.wrap("test", &mut statement.test);
    }

    fn visit_do_while_statement(&mut self, statement: &mut DoWhileStatement<'a>) {
        walk_mut::walk_do_while_statement(self, statement);
        self.wrap("test", &mut statement.test);
    }

    fn visit_for_statement(&mut self, statement: &mut ForStatement<'a>) {
        walk_mut::walk_for_statement(self, statement);
        if let Some(test) = &mut statement.test {
            self.wrap("test", test);
        }
    }

    fn visit_for_of_statement(&mut self, statement: &mut ForOfStatement<'a>) {
        walk_mut::walk_for_of_statement(self, statement);
        self.wrap("test", &mut statement.right);
    }

    fn visit_for_in_statement(&mut self, statement: &mut ForInStatement<'a>) {
        walk_mut::walk_for_in_statement(self, statement);
        self.wrap("test", &mut statement.right);
    }

    fn visit_switch_statement(&mut self, statement: &mut SwitchStatement<'a>) {
        walk_mut::walk_switch_statement(self, statement);
        self.wrap("test", &mut statement.discriminant);
    }

    fn visit_switch_case(&mut self, case: &mut SwitchCase<'a>) {
        walk_mut::walk_switch_case(self, case);
        if let Some(test) = &mut case.test {
            self.wrap("test", test);
        }
    }

    fn visit_function(&mut self, function: &mut Function<'a>, flags: ScopeFlags) {
        let around = std::mem::take(&mut self.tries);
        walk_mut::walk_function(self, function, flags);
        self.tries = around;
        if let Some(rest) = self.rest(&function.params)
            && let Some(body) = &mut function.body
        {
            let statement = Statement::new_expression_statement(SPAN, rest, &self.builder);
            body.statements.insert(0, statement);
        }
    }

    fn visit_arrow_function_expression(&mut self, function: &mut ArrowFunctionExpression<'a>) {
        let around = std::mem::take(&mut self.tries);
        walk_mut::walk_arrow_function_expression(self, function);
        self.tries = around;
        let Some(rest) = self.rest(&function.params) else {
            return;
        };
        match &mut function.body {
            ArrowFunctionBody::FunctionBody(body) => {
                let statement = Statement::new_expression_statement(SPAN, rest, &self.builder);
                body.statements.insert(0, statement);
            }
            body => {
                let Some(expression) = body.as_expression_mut() else {
                    return;
                };
                let value = expression.take_in(&self.allocator);
                let both = oxc_allocator::Vec::from_array_in([rest, value], &self.allocator);
                *expression = Expression::new_sequence_expression(SPAN, both, &self.builder);
            }
        }
    }
}
