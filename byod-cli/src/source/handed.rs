//! To whom a statement hands its context and its database: whoever is given one must be
//! somebody whose code shows, and who knows it for one.

use std::collections::BTreeSet;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, AssignmentTarget, BindingPattern, Expression, FormalParameter, FormalParameters,
};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::{GetSpan, Span};

use super::facts::shorten;
use super::nodes::Reader;
use super::operations::{Touching, Use};
use super::syntax::{Step, path, range};

/// Packages whose functions give a database for a database.
const WRAPPING: [&str; 3] = [
    "convex-helpers/server/pagination",
    "convex-helpers/server/rowLevelSecurity",
    "convex-helpers/server/stream",
];

impl Reader<'_, '_> {
    pub(super) fn obscure(&self, at: NodeId, what: &str, touching: &mut Touching) {
        let shown = shorten(&self.text[range(self.nodes.kind(at).span())]);
        touching.obscure.insert(format!("{what}: `{shown}`"));
    }

    /// A use of a context: whoever it is given to must be somebody whose code shows.
    pub(super) fn context_used(&self, id: NodeId, touching: &mut Touching) {
        let (members, outermost) = self.members(id);
        if !members.is_empty() {
            return;
        }
        let span = self.nodes.kind(outermost).span();
        if let AstKind::CallExpression(call) = self.nodes.parent_kind(outermost)
            && call.callee.span() != span
        {
            if !self.shows(&call.callee, 0) {
                let parent = self.nodes.parent_id(outermost);
                self.obscure(
                    parent,
                    "hands its context on to what doesn't show",
                    touching,
                );
            } else if let Some(name) = self.made_by_import(&call.callee) {
                touching.uses.push(Use {
                    name,
                    member: None,
                    given: None,
                    is_handed: true,
                    databases: Vec::new(),
                    texts: BTreeSet::new(),
                });
            }
        }
    }

    /// The name by which the module imports what has made the variable that is called:
    /// `const counter = new Counter(…)`.
    fn made_by_import(&self, callee: &Expression) -> Option<String> {
        let mut root = callee.get_inner_expression();
        let mut is_variable = false;
        for _ in 0..8 {
            root = match root.get_inner_expression() {
                Expression::StaticMemberExpression(member) => &member.object,
                Expression::CallExpression(call) => &call.callee,
                Expression::NewExpression(made) => &made.callee,
                Expression::AwaitExpression(awaited) => &awaited.argument,
                Expression::Identifier(name) => {
                    let symbol = self.symbol(root)?;
                    if self.import(symbol).is_some() {
                        return is_variable.then(|| name.name.to_string());
                    }
                    is_variable = true;
                    self.declared(symbol)?.0
                }
                _ => return None,
            };
        }
        None
    }

    /// Whether what is called is written in the project or found by a name of the module: not
    /// one of the language's own functions.
    fn shows(&self, callee: &Expression, depth: usize) -> bool {
        match callee.get_inner_expression() {
            Expression::Identifier(name) => {
                self.symbol(callee).is_some() || matches!(&*name.name, "structuredClone")
            }
            Expression::StaticMemberExpression(member) => {
                self.is_global(&member.object, "console")
                    || depth < 8 && self.shows(&member.object, depth + 1)
            }
            Expression::ComputedMemberExpression(member) => {
                depth < 8 && self.shows(&member.object, depth + 1)
            }
            Expression::CallExpression(call) => depth < 8 && self.shows(&call.callee, depth + 1),
            Expression::ThisExpression(_)
            | Expression::Super(_)
            | Expression::ArrowFunctionExpression(_)
            | Expression::FunctionExpression(_) => true,
            Expression::NewExpression(made) => depth < 8 && self.shows(&made.callee, depth + 1),
            _ => false,
        }
    }

    /// A use of a database otherwise than by its methods: under which name is it used then?
    pub(super) fn database_used(&self, id: NodeId, touching: &mut Touching) {
        let mut at = id;
        while let AstKind::TSNonNullExpression(_)
        | AstKind::ParenthesizedExpression(_)
        | AstKind::ChainExpression(_)
        | AstKind::TSSatisfiesExpression(_)
        | AstKind::TSAsExpression(_) = self.nodes.parent_kind(at)
        {
            at = self.nodes.parent_id(at);
        }
        let parent = self.nodes.parent_id(at);
        let span = self.nodes.kind(at).span();
        let is_followed = match self.nodes.kind(parent) {
            AstKind::StaticMemberExpression(member) if member.object.span() == span => {
                let is_system = member.property.name == "system";
                let is_called = matches!(self.nodes.parent_kind(parent),
                    AstKind::CallExpression(call) if call.callee.span() == member.span);
                is_system || is_called || self.is_only_asked(parent)
            }
            AstKind::VariableDeclarator(declarator) => {
                matches!(declarator.id, BindingPattern::BindingIdentifier(_))
            }
            AstKind::ObjectProperty(property) => {
                property.key.static_name().as_deref() == Some("db")
            }
            AstKind::AssignmentExpression(assigned) => match &assigned.left {
                AssignmentTarget::StaticMemberExpression(member) => member.property.name == "db",
                AssignmentTarget::AssignmentTargetIdentifier(name) => name.name == "db",
                _ => false,
            },
            AstKind::CallExpression(call) if call.callee.span() != span => {
                self.is_taken_as_database(&call.callee, &call.arguments, span)
            }
            _ => self.is_only_asked(at),
        };
        if !is_followed {
            self.obscure(parent, "hands its database on", touching);
        }
    }

    /// Whether it is only asked whether there is something.
    fn is_only_asked(&self, at: NodeId) -> bool {
        matches!(
            self.nodes.parent_kind(at),
            AstKind::IfStatement(_) | AstKind::UnaryExpression(_) | AstKind::BinaryExpression(_)
        )
    }

    /// Whether a call is of a function that knows the argument for a database. What is
    /// declared elsewhere is asked there.
    fn is_taken_as_database(
        &self,
        callee: &Expression,
        arguments: &[Argument],
        argument: Span,
    ) -> bool {
        let Some(place) = arguments.iter().position(|a| a.span() == argument) else {
            return false;
        };
        let root = match callee.get_inner_expression() {
            Expression::Identifier(_) => callee,
            Expression::StaticMemberExpression(member) => &member.object,
            _ => return false,
        };
        let Some(symbol) = self.symbol(root) else {
            return false;
        };
        if self.is_of_module(symbol) {
            return true;
        }
        let takes = |parameters: &FormalParameters| {
            parameters
                .items
                .get(place)
                .is_some_and(|parameter| self.takes_database(parameter))
        };
        match self.nodes.kind(self.scoping.symbol_declaration(symbol)) {
            AstKind::Function(function) => takes(&function.params),
            AstKind::VariableDeclarator(declarator) => {
                match declarator
                    .init
                    .as_ref()
                    .map(Expression::get_inner_expression)
                {
                    Some(Expression::ArrowFunctionExpression(function)) => takes(&function.params),
                    Some(Expression::FunctionExpression(function)) => takes(&function.params),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether a parameter is known for a database.
    pub(super) fn takes_database(&self, parameter: &FormalParameter) -> bool {
        match &parameter.pattern {
            BindingPattern::BindingIdentifier(name) => self.is_store_symbol(name.symbol_id(), 0),
            _ => false,
        }
    }

    /// A database, also one that a package has made of it.
    pub(super) fn is_store(&self, expression: &Expression, depth: usize) -> bool {
        if self.is_database(expression, 0) {
            return true;
        }
        match expression.get_inner_expression() {
            Expression::Identifier(_) => self
                .symbol(expression)
                .is_some_and(|symbol| self.is_store_symbol(symbol, depth)),
            Expression::AwaitExpression(awaited) => self.is_store(&awaited.argument, depth),
            // `wrapDatabaseReader(ctx, ctx.db, rules)`
            Expression::CallExpression(call) => {
                let is_made = self
                    .symbol(&call.callee)
                    .and_then(|symbol| self.import(symbol))
                    .is_some_and(|(from, _)| WRAPPING.contains(&from));
                let mut given = call.arguments.iter().filter_map(Argument::as_expression);
                is_made && depth < 8 && given.any(|given| self.is_store(given, depth + 1))
            }
            _ => false,
        }
    }

    pub(super) fn is_store_symbol(&self, symbol: SymbolId, depth: usize) -> bool {
        if self.is_of_module(symbol) || depth > 8 {
            return false;
        }
        if self.scoping.symbol_name(symbol) == "db" {
            return true;
        }
        let declaration = self.scoping.symbol_declaration(symbol);
        match self.nodes.kind(declaration) {
            AstKind::VariableDeclarator(_) => match self.declared(symbol) {
                Some((init, None)) => self.is_store(init, depth + 1),
                Some((_, Some(key))) => key == "db",
                None => false,
            },
            AstKind::FormalParameter(parameter) => {
                let steps = path(&parameter.pattern, symbol).unwrap_or_default();
                let is_part = matches!(steps.last(), Some(Step::Member(key)) if key == "db");
                let annotation = parameter.type_annotation.as_ref();
                let is_typed = annotation.is_some_and(|annotation| {
                    let written = &self.text[range(annotation.span)];
                    let names = ["DatabaseReader", "DatabaseWriter", "[\"db\"]", "['db']"];
                    names.iter().any(|name| written.contains(name))
                });
                is_part || is_typed && steps.is_empty()
            }
            _ => false,
        }
    }
}
