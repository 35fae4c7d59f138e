//! How a function uses its context: what of it is followed, and what can't be.

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, BindingPattern, CallExpression, Class, ClassElement, Expression, FormalParameter,
    FormalParameters, ObjectPattern, ObjectPropertyKind, VariableDeclarator,
};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::GetSpan;

use super::facts::{Caller, Facts, Hands, shorten};
use super::identity::asked;
use super::nodes::{CONTEXT, Reader};
use super::syntax::{path_of, range};

const RUNNING: [&str; 4] = ["runQuery", "runMutation", "runAction", "scheduler"];

/// Methods of functions, by which another one is called than the one that is named.
const BORROWING: [&str; 3] = ["apply", "bind", "call"];

/// Members by which a parameter shows that it is a context, whatever it is called.
const TELLTALE: [&str; 7] = [
    "auth",
    "db",
    "runAction",
    "runMutation",
    "runQuery",
    "scheduler",
    "vectorSearch",
];

/// The members of an object that is written out.
fn keys(argument: &Argument) -> Vec<String> {
    let Argument::ObjectExpression(object) = argument else {
        return Vec::new();
    };
    let properties = object.properties.iter();
    properties
        .filter_map(|property| match property {
            ObjectPropertyKind::ObjectProperty(property) => property.key.static_name(),
            ObjectPropertyKind::SpreadProperty(_) => None,
        })
        .map(|key| key.to_string())
        .collect()
}

impl Reader<'_, '_> {
    /// Whether the symbol is a function's context, by its name, its type or its use.
    pub(super) fn is_context(&self, symbol: SymbolId) -> bool {
        if self.is_of_module(symbol) {
            return false;
        }
        if self.scoping.symbol_name(symbol) == "ctx" {
            return true;
        }
        let declaration = self.scoping.symbol_declaration(symbol);
        let AstKind::FormalParameter(parameter) = self.nodes.kind(declaration) else {
            return false;
        };
        // `{ db }` is a part of it, not the context itself.
        if !matches!(parameter.pattern, BindingPattern::BindingIdentifier(_)) {
            return false;
        }
        let is_typed = parameter
            .type_annotation
            .as_ref()
            .is_some_and(|annotation| {
                let written = &self.text[range(annotation.span)];
                // Not a list of them, nor a function of one.
                written.contains("Ctx") && !written.contains('[') && !written.contains("=>")
            });
        is_typed || self.is_first_of_handler(declaration) || self.is_used_as_context(symbol)
    }

    fn is_used_as_context(&self, symbol: SymbolId) -> bool {
        let mut references = self.scoping.get_resolved_references(symbol);
        references.any(|reference| {
            let (path, _) = self.members(reference.node_id());
            path.first()
                .is_some_and(|first| TELLTALE.contains(&first.as_str()))
        })
    }

    /// Whether the parameter is the first of a function that is called `handler`.
    pub(super) fn is_first_of_handler(&self, parameter: NodeId) -> bool {
        let parameters = self.nodes.parent_id(parameter);
        let AstKind::FormalParameters(list) = self.nodes.kind(parameters) else {
            return false;
        };
        let span = self.nodes.kind(parameter).span();
        let mut ancestors = self.nodes.ancestor_kinds(parameters);
        list.items.first().is_some_and(|first| first.span == span)
            && matches!(
                ancestors.next(),
                Some(AstKind::ArrowFunctionExpression(_) | AstKind::Function(_))
            )
            && matches!(ancestors.next(), Some(AstKind::ObjectProperty(property))
                if property.key.static_name().as_deref() == Some("handler"))
    }

    /// Whether `ctx` means the context of the Convex function where the name stands: its
    /// handler's parameter, which no other variable hides, nor another `handler` in it.
    pub(super) fn has_context(&self, name: &Expression) -> bool {
        let Expression::Identifier(name) = name else {
            return false;
        };
        let scope = self.scoping.get_reference(name.reference_id()).scope_id();
        let Some(symbol) = self.scoping.find_binding(scope, "ctx".into()) else {
            return false;
        };
        let declaration = self.scoping.symbol_declaration(symbol);
        matches!(self.nodes.kind(declaration), AstKind::FormalParameter(parameter)
            if matches!(parameter.pattern, BindingPattern::BindingIdentifier(_)))
            && self.is_first_of_handler(declaration)
            && self.functions_around(declaration).len() == 1
    }

    /// To whom the function is given whose context that is, by the name in the module:
    /// `withUser(async (ctx) => ctx.user)`.
    pub(super) fn wrapped_by(&self, context: NodeId) -> Option<String> {
        let AstKind::IdentifierReference(name) = self.nodes.kind(context) else {
            return None;
        };
        let symbol = self
            .scoping
            .get_reference(name.reference_id())
            .symbol_id()?;
        let parameter = self.scoping.symbol_declaration(symbol);
        let AstKind::FormalParameter(_) = self.nodes.kind(parameter) else {
            return None;
        };
        let function = self.nodes.parent_id(self.nodes.parent_id(parameter));
        let span = self.nodes.kind(function).span();
        let AstKind::CallExpression(call) = self.nodes.parent_kind(function) else {
            return None;
        };
        let is_given = call.arguments.iter().any(|given| given.span() == span);
        let Expression::Identifier(callee) = &call.callee else {
            return None;
        };
        is_given.then(|| callee.name.to_string())
    }

    /// A use of `ctx`.
    pub(super) fn context(&self, id: NodeId, facts: &mut Facts) {
        let (path, outermost) = self.members(id);
        let parent = self.nodes.parent_id(outermost);
        let Some(first) = path.first() else {
            return self.whole_context(outermost, facts);
        };
        let called = match self.nodes.kind(parent) {
            AstKind::CallExpression(call)
                if call.callee.span() == self.nodes.kind(outermost).span() =>
            {
                Some(call)
            }
            _ => None,
        };
        facts.uses_files |= first == "storage";
        if first == "auth" {
            if called.is_some() && path.get(1).is_some_and(|m| m == "getUserIdentity") {
                self.result(parent, Caller::Identity, facts);
            } else {
                facts
                    .problems
                    .insert("uses `ctx.auth` in a way that can't be followed".into());
            }
        } else if RUNNING.contains(&first.as_str()) {
            let is_cancel = path.get(1).is_some_and(|method| method == "cancel");
            let function = called.and_then(|call| {
                let position = usize::from(first == "scheduler");
                call.arguments.get(position)?.as_expression()
            });
            if !is_cancel && !function.is_some_and(|f| self.is_function(f, 0)) {
                let problem = "runs a function that can't be followed";
                facts.problems.insert(problem.to_owned());
            }
            if let Some(call) = called {
                self.runs(call, usize::from(first == "scheduler"), facts);
            }
            if let Some(function) = called.filter(|_| path.len() == 1).and_then(asked) {
                self.result(parent, Caller::Function(function), facts);
            }
        } else if !CONTEXT.contains(&first.as_str()) {
            self.access(outermost, Caller::Context, path, facts);
            if let Some(access) = facts.access.last_mut() {
                access.given_to = self.wrapped_by(id);
            }
        }
    }

    /// Whether an expression is one of the project's functions, or some of them.
    fn is_function(&self, expression: &Expression, depth: usize) -> bool {
        match expression.get_inner_expression() {
            Expression::ConditionalExpression(choice) => {
                self.is_function(&choice.consequent, depth)
                    && self.is_function(&choice.alternate, depth)
            }
            Expression::Identifier(_) => {
                let declared = self.symbol(expression).and_then(|s| self.declared(s));
                matches!(declared, Some((init, None)) if depth < 8 && self.is_function(init, depth + 1))
            }
            inner => path_of(inner).is_some(),
        }
    }

    /// All of a context: it may be passed on, or taken apart.
    fn whole_context(&self, at: NodeId, facts: &mut Facts) {
        let parent = self.nodes.parent_id(at);
        let is_followed = match self.nodes.kind(parent) {
            AstKind::CallExpression(call) => {
                // `getUser(ctx)`
                if let Expression::Identifier(callee) = &call.callee
                    && call.arguments.len() == 1
                    && self
                        .symbol(&call.callee)
                        .is_some_and(|s| self.is_of_module(s))
                {
                    self.result(parent, Caller::Helper(callee.name.to_string()), facts);
                }
                self.passed(call, at, facts)
            }
            AstKind::NewExpression(made) => {
                let span = self.nodes.kind(at).span();
                let place = made.arguments.iter().position(|a| a.span() == span);
                place.is_some_and(|place| self.constructs(&made.callee, place, facts))
            }
            AstKind::ObjectProperty(property) => {
                property.key.static_name().as_deref() == Some("ctx")
            }
            // `{ ...ctx, more }` as an argument.
            AstKind::SpreadElement(_) => {
                let object = self.nodes.parent_id(parent);
                match self.nodes.parent_kind(object) {
                    AstKind::CallExpression(call) => self.passed(call, object, facts),
                    _ => false,
                }
            }
            AstKind::VariableDeclarator(declarator) => match &declarator.id {
                BindingPattern::ObjectPattern(pattern) => return self.taken_apart(pattern, facts),
                BindingPattern::BindingIdentifier(name) => name.name == "ctx",
                _ => false,
            },
            _ => false,
        };
        if !is_followed {
            facts
                .problems
                .insert("uses its context in a way that can't be followed".to_owned());
        }
    }

    /// Whether the argument, a context, is passed to a function whose parameter is
    /// followed: one that is called by its name, for of what is kept elsewhere (a class,
    /// a list, a bound function) nobody knows what becomes of it.
    fn passed(&self, call: &CallExpression, argument: NodeId, facts: &mut Facts) -> bool {
        let span = self.nodes.kind(argument).span();
        let Some(place) = call.arguments.iter().position(|a| a.span() == span) else {
            return false;
        };
        let callee = match &call.callee {
            Expression::Identifier(callee) => callee,
            // `Guards.run(ctx)` of a class, an object or a module; not `f.call(ctx)`.
            Expression::StaticMemberExpression(member) => {
                self.hands(call, place, facts);
                return !BORROWING.contains(&member.property.name.as_str())
                    && self.holds_functions(&member.object);
            }
            _ => return false,
        };
        let is_spread = |argument: &Argument| matches!(argument, Argument::SpreadElement(_));
        let Some(symbol) = self.symbol(&call.callee) else {
            return false;
        };
        if call.arguments[..place].iter().any(is_spread) {
            return false;
        }
        if self.is_of_module(symbol) {
            facts.passed.push((callee.name.to_string(), place));
            return true;
        }
        let followed = |parameters: &FormalParameters| {
            let parameter = parameters.items.get(place);
            parameter.is_some_and(|parameter| self.takes_context(parameter))
        };
        match self.nodes.kind(self.scoping.symbol_declaration(symbol)) {
            AstKind::Function(function) => followed(&function.params),
            // `const withUser = (handler) => async (ctx, args) => handler(ctx, args, user)`
            AstKind::FormalParameter(_) => {
                self.hands(call, place, facts);
                true
            }
            AstKind::VariableDeclarator(declarator) => {
                self.hands_to(call, place, declarator, facts);
                match declarator
                    .init
                    .as_ref()
                    .map(Expression::get_inner_expression)
                {
                    // `for (const check of checks)`
                    None => true,
                    Some(Expression::ArrowFunctionExpression(function)) => {
                        followed(&function.params)
                    }
                    Some(Expression::FunctionExpression(function)) => followed(&function.params),
                    // Another name of what is followed where it is written.
                    Some(
                        Expression::Identifier(_)
                        | Expression::StaticMemberExpression(_)
                        | Expression::ComputedMemberExpression(_),
                    ) => true,
                    Some(_) => false,
                }
            }
            _ => false,
        }
    }

    fn hands(&self, call: &CallExpression, place: usize, facts: &mut Facts) {
        facts.hands.push(Hands {
            place,
            of: self.method_of(call),
            adds: call.arguments.get(place).map_or_else(Vec::new, keys),
            shown: shorten(&self.text[range(call.span)]),
        });
    }

    /// The same, unless what is called is written where it is declared.
    fn hands_to(
        &self,
        call: &CallExpression,
        place: usize,
        declarator: &VariableDeclarator,
        facts: &mut Facts,
    ) {
        let init = declarator.init.as_ref();
        let is_written = matches!(
            init.map(Expression::get_inner_expression),
            Some(Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_))
        );
        if !is_written {
            self.hands(call, place, facts);
        }
    }

    /// Whether a name of the module stands for a class, an object or another module. Whom it
    /// hands on to is asked where all is known that is carried over.
    fn holds_functions(&self, expression: &Expression) -> bool {
        let Some(symbol) = self.symbol(expression).filter(|s| self.is_of_module(*s)) else {
            return false;
        };
        match self.nodes.kind(self.scoping.symbol_declaration(symbol)) {
            AstKind::Class(_)
            | AstKind::ImportSpecifier(_)
            | AstKind::ImportDefaultSpecifier(_)
            | AstKind::ImportNamespaceSpecifier(_) => true,
            AstKind::VariableDeclarator(declarator) => {
                let init = declarator.init.as_ref();
                match init.map(Expression::get_inner_expression) {
                    Some(Expression::ObjectExpression(_) | Expression::ClassExpression(_)) => true,
                    // Of a class whose code is elsewhere, as if the object were from there.
                    Some(Expression::NewExpression(made)) => self
                        .symbol(&made.callee)
                        .is_some_and(|class| self.import(class).is_some()),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether a class of the module is made with the context: whether its constructor follows
    /// it is asked where the class is known.
    fn constructs(&self, class: &Expression, place: usize, facts: &mut Facts) -> bool {
        let Some(symbol) = self.symbol(class).filter(|s| self.is_of_module(*s)) else {
            return false;
        };
        let name = self.scoping.symbol_name(symbol).to_owned();
        facts.constructs.push((name, place));
        true
    }

    /// The same as [`Reader::takes_context`], of a parameter that may be a member of the object,
    /// where contexts are known by the name `ctx`.
    fn becomes_context(&self, parameter: &FormalParameter) -> bool {
        let is_member = parameter.accessibility.is_some() || parameter.readonly;
        let is_ctx = matches!(&parameter.pattern,
            BindingPattern::BindingIdentifier(name) if name.name == "ctx");
        self.takes_context(parameter) && (is_ctx || !is_member)
    }

    /// Which of the parameters are followed by which a class is made; none where it has no
    /// constructor of its own.
    pub(super) fn constructor(&self, class: &Class) -> Option<Vec<bool>> {
        let mut body = class.body.body.iter();
        body.find_map(|element| match element {
            ClassElement::MethodDefinition(method) if method.kind.is_constructor() => {
                let parameters = method.value.params.items.iter();
                Some(parameters.map(|p| self.becomes_context(p)).collect())
            }
            _ => None,
        })
    }

    /// `{ db, storage }`: members of a context as variables.
    pub(super) fn taken_apart(&self, pattern: &ObjectPattern, facts: &mut Facts) {
        let keys = pattern.properties.iter().map(|property| {
            let is_plain = match &property.value {
                BindingPattern::BindingIdentifier(name) => {
                    let is_auth = property.key.static_name().as_deref() == Some("auth");
                    // What is done with it is followed where it is used.
                    !is_auth || self.is_taken_auth(name.symbol_id())
                }
                _ => false,
            };
            (property.key.static_name(), is_plain)
        });
        let rest = pattern.rest.iter().map(|_| (None, false));
        for (key, is_plain) in keys.chain(rest) {
            let key = key.as_deref();
            facts.uses_files |= key == Some("storage");
            let is_known = key.is_some_and(|key| CONTEXT.contains(&key));
            if !is_known || !is_plain {
                let key = key.unwrap_or("…");
                facts.problems.insert(format!(
                    "takes `{key}` out of its context; write `ctx` and `ctx.{key}` instead"
                ));
            }
        }
    }

    /// Whether a parameter is followed where a context is given for it.
    pub(super) fn takes_context(&self, parameter: &FormalParameter) -> bool {
        match &parameter.pattern {
            BindingPattern::BindingIdentifier(name) => self.is_context(name.symbol_id()),
            BindingPattern::ObjectPattern(pattern) => {
                let mut facts = Facts::default();
                self.taken_apart(pattern, &mut facts);
                facts.problems.is_empty()
            }
            _ => false,
        }
    }
}
