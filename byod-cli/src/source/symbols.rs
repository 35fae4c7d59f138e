//! Where the values come from that names stand for: constants, variables, parameters.

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, Expression, VariableDeclarationKind};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::{GetSpan, Span};

use super::nodes::Reader;
use super::origin::Origin;
use super::syntax::{self, Step, method, path};

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
    pub(super) fn of_symbol(&self, symbol: SymbolId, depth: usize) -> Origin {
        if self.is_too_far(depth) {
            return Origin::Unknown;
        }
        // `root = parent`, where `parent` is found by `root`: nothing is added by that.
        if self.tracing.borrow().contains(&symbol) {
            return Origin::Each(Vec::new());
        }
        self.tracing.borrow_mut().push(symbol);
        let origin = self.of_declared(symbol, depth);
        self.tracing.borrow_mut().pop();
        origin
    }

    fn of_declared(&self, symbol: SymbolId, depth: usize) -> Origin {
        let at = self.scoping.symbol_declaration(symbol);
        let (pattern, base) = match self.nodes.kind(at) {
            AstKind::VariableDeclarator(declarator) => {
                let value = || match &declarator.init {
                    _ if self.scoping.symbol_is_mutated(symbol) => {
                        self.assigned(symbol, declarator.init.as_ref(), depth)
                    }
                    Some(init) => self.origin(init, depth + 1),
                    None => self.of_loop(at, depth),
                };
                let base = match &declarator.type_annotation {
                    Some(annotation) => self.of_type(&annotation.type_annotation, 0).or(value),
                    None => value(),
                };
                (&declarator.id, base)
            }
            AstKind::FormalParameter(parameter) => {
                let annotation = parameter.type_annotation.as_ref();
                let typed = annotation.map(|typed| self.of_type(&typed.type_annotation, 0));
                let base = typed.unwrap_or(Origin::Unknown).or(|| {
                    if self.scoping.symbol_is_mutated(symbol) {
                        Origin::Unknown
                    } else {
                        self.of_parameter(at, parameter.span, depth)
                    }
                });
                (&parameter.pattern, base)
            }
            AstKind::ImportSpecifier(_) | AstKind::ImportDefaultSpecifier(_) => {
                return Origin::Name(self.scoping.symbol_name(symbol).to_owned());
            }
            _ => return Origin::Unknown,
        };
        let Some(steps) = path(pattern, symbol) else {
            return Origin::Unknown;
        };
        steps.into_iter().fold(base, |origin, step| match step {
            Step::Member(name) => Origin::Member(Box::new(origin), name),
            Step::Item(place) => match origin {
                // `const [user, note] = await Promise.all([…, …])`
                Origin::List(of) => match *of {
                    Origin::Each(mut all) if place < all.len() => all.swap_remove(place),
                    of => of,
                },
                origin => Origin::Element(Box::new(origin)),
            },
        })
    }

    /// What a variable is over time, where all that is assigned to it shows.
    fn assigned(&self, symbol: SymbolId, init: Option<&Expression>, depth: usize) -> Origin {
        let mut all: Vec<Origin> = init
            .map(|init| self.origin(init, depth + 1))
            .into_iter()
            .collect();
        for reference in self.scoping.get_resolved_references(symbol) {
            if !reference.is_write() {
                continue;
            }
            let id = reference.node_id();
            let span = self.nodes.kind(id).span();
            match self.nodes.parent_kind(id) {
                AstKind::AssignmentExpression(assigned)
                    if assigned.left.span() == span
                        && matches!(assigned.operator.as_str(), "=" | "??=" | "||=") =>
                {
                    all.push(self.origin(&assigned.right, depth + 1));
                }
                _ => return Origin::Unknown,
            }
        }
        Origin::Each(all)
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
                self.origin(&each.right, depth + 1).element()
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
                match (
                    number,
                    self.nodes.parent_kind(self.nodes.parent_id(function)),
                ) {
                    (Some(1), AstKind::ObjectExpression(object)) => {
                        let written = syntax::property(object, "args");
                        let written = written.map(|args| self.of_validator(args, depth + 1));
                        match written {
                            Some(written) if !written.is_unknown() => {
                                Origin::Or(Box::new(Origin::Args), Box::new(written))
                            }
                            _ => Origin::Args,
                        }
                    }
                    (Some(1), _) => Origin::Args,
                    _ => Origin::Unknown,
                }
            }
            // A function that a statement declares.
            _ if self.is_declared(function) => number.map_or(Origin::Unknown, Origin::Parameter),
            AstKind::CallExpression(call) => {
                let Some((object, name)) = method(call) else {
                    let list = call.arguments.first().and_then(Argument::as_expression);
                    let is_mapping = self
                        .symbol(&call.callee)
                        .is_some_and(|s| self.is_mapping(s));
                    return match list.filter(|_| is_mapping && number == Some(0)) {
                        Some(list) => self.origin(list, depth + 1).element(),
                        None => Origin::Unknown,
                    };
                };
                let is_first = call.arguments.first().is_some_and(|a| a.span() == at);
                let wanted = if name == "reduce" { 1 } else { 0 };
                match name {
                    "then" if is_first && number == Some(0) => self.origin(object, depth + 1),
                    name if EACH.contains(&name) && is_first && number == Some(wanted) => {
                        self.origin(object, depth + 1).element()
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
