//! What an expression says of the caller, where the caller is known.

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, AssignmentTarget, CallExpression, Expression, ObjectPropertyKind};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::{GetSpan, Span};

use super::facts::Caller;
use super::lookup::Subject;
use super::nodes::CONTEXT;
use super::syntax::{function_path, is_empty_object, method, plain};
use super::telling::{Judge, Known, Told};

/// How far names are followed: further than anybody writes, and not round in rings.
const DEPTH: usize = 64;

impl<'r> Judge<'r, '_, '_> {
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
                        name.is_some_and(|name| !CONTEXT.contains(&&*name))
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
        if let Some(part) = self.reader.subject(expression, 0) {
            return Some(match part {
                Subject::Always => Told::Whole,
                Subject::Mail => Told::Mail,
            });
        }
        match plain(expression) {
            Expression::NullLiteral(_) => Some(Told::Nothing),
            Expression::Identifier(name) if name.name == "undefined" => Some(Told::Nothing),
            Expression::Identifier(_) => {
                let symbol = self.reader.symbol(expression)?;
                self.of_symbol(symbol)
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
            // `user ??= await create(ctx)`
            Expression::AssignmentExpression(assignment)
                if matches!(assignment.operator.as_str(), "??=" | "||=") =>
            {
                let symbol = self.assigned(&assignment.left)?;
                let told = self.of_symbol(symbol)?;
                (told == Told::Whole).then_some(told)
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

    fn of_symbol(&mut self, symbol: SymbolId) -> Option<Told> {
        if self.reader.is_of_module(symbol) {
            return None;
        }
        match self.declared(symbol)? {
            (init, None) => self.told(init),
            (init, Some(key)) => self.member(init, &key),
        }
    }

    /// The variable that is written.
    fn assigned(&self, target: &AssignmentTarget) -> Option<SymbolId> {
        let AssignmentTarget::AssignmentTargetIdentifier(name) = target else {
            return None;
        };
        let reference = self.reader.scoping.get_reference(name.reference_id());
        reference.symbol_id()
    }

    /// What a variable is made of, if it is nothing else where the caller is known:
    /// `let user = …; if (!user) user = …`
    fn declared(&mut self, symbol: SymbolId) -> Option<(&'r Expression<'r>, Option<String>)> {
        let reader = self.reader;
        let first = reader.at_first(symbol)?;
        if !reader.scoping.symbol_is_mutated(symbol) || self.at_first.contains(&symbol) {
            return Some(first);
        }
        self.at_first.push(symbol);
        let mut references = reader.scoping.get_resolved_references(symbol);
        let is_same = references
            .all(|reference| !reference.is_write() || self.is_never_reached(reference.node_id()));
        self.at_first.pop();
        is_same.then_some(first)
    }

    /// Whether the node is where nobody comes who is known.
    fn is_never_reached(&mut self, node: NodeId) -> bool {
        let nodes = self.reader.nodes;
        let span = nodes.kind(node).span();
        let within = |of: Span| of.start <= span.start && span.end <= of.end;
        let mut around = nodes.ancestor_ids(node);
        around.any(|ancestor| match nodes.kind(ancestor) {
            AstKind::IfStatement(choice) if within(choice.consequent.span()) => {
                self.test(&choice.test) == Some(Known::False)
            }
            // `user ??= …`
            AstKind::AssignmentExpression(assignment) => {
                let is_of_nothing = matches!(assignment.operator.as_str(), "??=" | "||=");
                let of = self.assigned(&assignment.left);
                is_of_nothing && of.and_then(|of| self.of_symbol(of)) == Some(Told::Whole)
            }
            _ => false,
        })
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
            self.is_found_otherwise |= !looked_up.is_by_mail;
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
    pub(super) fn test(&mut self, condition: &Expression) -> Option<Known> {
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
                let known = self.told(value)?;
                let is_known = matches!(known, Told::Whole | Told::Identity | Told::Mail);
                (is_nothing && is_known).then_some(())?;
                self.note_mail(known, value);
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
            _ => {
                let told = self.told(condition)?;
                self.note_mail(told, condition);
                match told {
                    Told::Whole | Told::Identity | Told::Mail => Some(Known::True),
                    Told::Nothing => Some(Known::False),
                    Told::Part => None,
                }
            }
        }
    }

    fn note_mail(&mut self, told: Told, asked: &Expression) {
        if told == Told::Mail && self.asks_for_mail.is_none() {
            self.asks_for_mail = Some(asked.span());
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
