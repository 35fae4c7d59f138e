//! Where a function itself looks up who calls, by what their identity says.

use std::collections::BTreeSet;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, ArrowFunctionBody, BindingPattern, CallExpression, Expression, Statement,
};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::GetSpan;

use super::facts::Lookup;
use super::nodes::Reader;
use super::syntax::{Step, method, path, plain, range};

/// What a lookup is of.
pub(super) struct LookedUp {
    pub(super) context: SymbolId,
    pub(super) table: String,
    /// The fields that are compared with the identity.
    fields: BTreeSet<String>,
    /// Nothing but the caller's mail address is compared.
    pub(super) is_by_mail: bool,
}

/// A part of an identity that says who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Every identity has it.
    Always,
    /// Not everybody who is signed in has one.
    Mail,
}

impl Subject {
    fn named(name: &str) -> Option<Self> {
        match name {
            "subject" | "tokenIdentifier" => Some(Self::Always),
            "email" => Some(Self::Mail),
            _ => None,
        }
    }
}

impl Reader<'_, '_> {
    /// `ctx.db.query("users").withIndex(…, (q) => q.eq("subject", identity.subject)).unique()`,
    /// with or without conditions of that form alone; the call is the last of it.
    pub(super) fn lookup(&self, id: NodeId, call: &CallExpression) -> Option<Lookup> {
        let LookedUp {
            context,
            table,
            fields,
            is_by_mail: _,
        } = self.looked_up(call)?;
        let mut span = call.span;
        let mut at = id;
        if let AstKind::AwaitExpression(awaited) = self.nodes.parent_kind(id) {
            span = awaited.span;
            at = self.nodes.parent_id(id);
        }
        Some(Lookup {
            table,
            fields,
            span: range(span),
            context: self.scoping.symbol_name(context).to_owned(),
            is_whole: matches!(
                self.nodes.parent_kind(at),
                AstKind::VariableDeclarator(_) | AstKind::ParenthesizedExpression(_)
            ),
        })
    }

    /// Whether the call is a part of a lookup.
    pub(super) fn is_in_lookup(&self, id: NodeId) -> bool {
        let mut at = id;
        loop {
            let parent = self.nodes.parent_id(at);
            let span = self.nodes.kind(at).span();
            match self.nodes.kind(parent) {
                AstKind::StaticMemberExpression(member) if member.object.span() == span => {}
                AstKind::CallExpression(call) if call.callee.span() == span => {
                    if self.looked_up(call).is_some() {
                        return true;
                    }
                }
                _ => return false,
            }
            at = parent;
        }
    }

    /// The context and the table, where the call is all of a lookup.
    pub(super) fn looked_up(&self, call: &CallExpression) -> Option<LookedUp> {
        let (callee, method) = method(call)?;
        if !matches!(method, "unique" | "first") || !call.arguments.is_empty() {
            return None;
        }
        let mut object = callee;
        let mut fields = BTreeSet::new();
        let mut is_by_mail = true;
        loop {
            let Expression::CallExpression(call) = object.get_inner_expression() else {
                return None;
            };
            let (callee, method) = self::method(call)?;
            match (method, call.arguments.as_slice()) {
                ("withIndex", [_, condition]) | ("filter", [condition]) => {
                    for (field, by) in self.asks_for_caller(condition)? {
                        is_by_mail &= by == Subject::Mail;
                        fields.insert(field);
                    }
                    object = callee;
                }
                ("query", [Argument::StringLiteral(table)]) if !fields.is_empty() => {
                    let Expression::StaticMemberExpression(database) = callee else {
                        return None;
                    };
                    let context = self.symbol(&database.object)?;
                    let is_database = database.property.name == "db" && self.is_context(context);
                    let table = table.value.to_string();
                    return is_database.then_some(LookedUp {
                        context,
                        table,
                        fields,
                        is_by_mail,
                    });
                }
                _ => return None,
            }
        }
    }

    /// The fields of `(q) => q.eq("subject", identity.subject)`, and what each is compared
    /// with.
    fn asks_for_caller(&self, condition: &Argument) -> Option<Vec<(String, Subject)>> {
        let Argument::ArrowFunctionExpression(arrow) = condition else {
            return None;
        };
        let [parameter] = arrow.params.items.as_slice() else {
            return None;
        };
        let BindingPattern::BindingIdentifier(q) = &parameter.pattern else {
            return None;
        };
        let body = match &arrow.body {
            ArrowFunctionBody::FunctionBody(body) => match body.statements.as_slice() {
                [Statement::ReturnStatement(statement)] => statement.argument.as_ref(),
                _ => None,
            },
            body => body.as_expression(),
        };
        self.compared_with_caller(body?, q.symbol_id())
    }

    fn compared_with_caller(
        &self,
        expression: &Expression,
        q: SymbolId,
    ) -> Option<Vec<(String, Subject)>> {
        let Expression::CallExpression(call) = expression.get_inner_expression() else {
            return None;
        };
        let (object, "eq") = method(call)? else {
            return None;
        };
        let mut fields = if self.symbol(object) == Some(q) {
            Vec::new()
        } else {
            self.compared_with_caller(object, q)?
        };
        let [field, value] = call.arguments.as_slice() else {
            return None;
        };
        let named = match field {
            Argument::StringLiteral(name) => name,
            // `q.field("subject")`
            Argument::CallExpression(call) => match (method(call)?, call.arguments.as_slice()) {
                ((of, "field"), [Argument::StringLiteral(name)]) if self.symbol(of) == Some(q) => {
                    name
                }
                _ => return None,
            },
            _ => return None,
        };
        let by = self.subject(value.as_expression()?, 0)?;
        fields.push((named.value.to_string(), by));
        Some(fields)
    }

    /// `identity.subject`, or a variable that is that.
    pub(super) fn subject(&self, expression: &Expression, depth: usize) -> Option<Subject> {
        if depth > 8 {
            return None;
        }
        let of = |object: &Expression, name: &str| {
            let part = Subject::named(name)?;
            self.is_identity(object, 0).then_some(part)
        };
        match plain(expression) {
            Expression::StaticMemberExpression(member) => of(&member.object, &member.property.name),
            Expression::ChainExpression(chain) => {
                let member = chain.expression.as_member_expression()?;
                of(member.object(), member.static_property_name()?)
            }
            Expression::Identifier(_) => match self.declared(self.symbol(expression)?)? {
                (init, None) => self.subject(init, depth + 1),
                (init, Some(key)) => of(init, &key),
            },
            _ => None,
        }
    }

    /// `await ctx.auth.getUserIdentity()`, or a variable that is that.
    pub(super) fn is_identity(&self, expression: &Expression, depth: usize) -> bool {
        if depth > 8 {
            return false;
        }
        match plain(expression) {
            Expression::CallExpression(call) => {
                let Some((object, "getUserIdentity")) = method(call) else {
                    return false;
                };
                let Expression::StaticMemberExpression(auth) = object.get_inner_expression() else {
                    return false;
                };
                auth.property.name == "auth"
                    && self
                        .symbol(&auth.object)
                        .is_some_and(|s| self.is_context(s))
            }
            Expression::Identifier(_) => {
                let declared = self.symbol(expression).and_then(|s| self.declared(s));
                matches!(declared, Some((init, None)) if self.is_identity(init, depth + 1))
            }
            _ => false,
        }
    }

    /// What a constant is made of: its initializer, or the member of that of the name.
    pub(super) fn declared(&self, symbol: SymbolId) -> Option<(&Expression<'_>, Option<String>)> {
        if self.scoping.symbol_is_mutated(symbol) {
            return None;
        }
        self.at_first(symbol)
    }

    /// What a variable is made of when it is declared.
    pub(super) fn at_first(&self, symbol: SymbolId) -> Option<(&Expression<'_>, Option<String>)> {
        let declaration = self.scoping.symbol_declaration(symbol);
        let AstKind::VariableDeclarator(declarator) = self.nodes.kind(declaration) else {
            return None;
        };
        let init = declarator.init.as_ref()?;
        match path(&declarator.id, symbol)?.as_slice() {
            [] => Some((init, None)),
            [Step::Member(key)] => Some((init, Some(key.clone()))),
            _ => None,
        }
    }

    /// The table of the lookup whose conditions the node is in.
    pub(super) fn lookup_around(&self, id: NodeId) -> Option<String> {
        self.nodes.ancestor_ids(id).find_map(|ancestor| {
            let AstKind::CallExpression(call) = self.nodes.kind(ancestor) else {
                return None;
            };
            self.looked_up(call).map(|looked_up| looked_up.table)
        })
    }
}
