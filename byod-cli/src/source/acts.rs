//! What a statement does beside making what it declares: when its module is loaded,
//! and to what is declared elsewhere.

use oxc_ast::AstKind;
use oxc_ast::ast::{Argument, Expression, NewExpression, SimpleAssignmentTarget};
use oxc_semantic::NodeId;
use oxc_span::GetSpan;

use super::facts::Facts;
use super::nodes::Reader;

/// Methods that leave what they are called on as it is.
pub(super) const READING: [&str; 44] = [
    "at",
    "charAt",
    "concat",
    "endsWith",
    "entries",
    "every",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "flat",
    "flatMap",
    "forEach",
    "get",
    "has",
    "hasOwnProperty",
    "includes",
    "indexOf",
    "join",
    "keys",
    "lastIndexOf",
    "map",
    "match",
    "matchAll",
    "padStart",
    "reduce",
    "replace",
    "replaceAll",
    "slice",
    "some",
    "split",
    "startsWith",
    "test",
    "toFixed",
    "toISOString",
    "toLowerCase",
    "toSorted",
    "toString",
    "toUpperCase",
    "trim",
    "trimEnd",
    "trimStart",
    "values",
    "valueOf",
];
/// Globals whose calls change nothing, and those that are made with `new`.
const HARMLESS: [&str; 24] = [
    "Array",
    "BigInt",
    "Boolean",
    "Date",
    "Error",
    "Intl",
    "JSON",
    "Map",
    "Math",
    "Number",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "TextDecoder",
    "TextEncoder",
    "Uint8Array",
    "URL",
    "WeakMap",
    "WeakSet",
    "isNaN",
    "parseFloat",
    "parseInt",
    "structuredClone",
];
/// Of `Object`, whose other functions change what they are given.
const OF_OBJECT: [&str; 6] = [
    "entries",
    "freeze",
    "fromEntries",
    "hasOwn",
    "keys",
    "values",
];
/// What Convex's packages make by being called.
const MAKERS: [&str; 18] = [
    "v",
    "action",
    "actionGeneric",
    "asObjectValidator",
    "defineSchema",
    "defineTable",
    "internalAction",
    "internalActionGeneric",
    "internalMutation",
    "internalMutationGeneric",
    "internalQuery",
    "internalQueryGeneric",
    "makeFunctionReference",
    "mutation",
    "mutationGeneric",
    "paginationResultValidator",
    "query",
    "queryGeneric",
];

/// Those of them that make functions.
const BUILDERS: [&str; 8] = [
    "action",
    "httpAction",
    "httpActionGeneric",
    "internalAction",
    "internalMutation",
    "internalQuery",
    "mutation",
    "query",
];

impl Reader<'_, '_> {
    /// Whether the node, where it is evaluated, may do something beside giving a value.
    fn acts(&self, id: NodeId, kind: AstKind) -> bool {
        match kind {
            AstKind::CallExpression(call) => !self.is_harmless(&call.callee),
            AstKind::NewExpression(new) => !self.makes(new),
            AstKind::AssignmentExpression(_)
            | AstKind::UpdateExpression(_)
            | AstKind::TaggedTemplateExpression(_)
            | AstKind::Decorator(_)
            | AstKind::YieldExpression(_)
            | AstKind::ArrayPattern(_)
            | AstKind::ForOfStatement(_)
            | AstKind::AwaitExpression(_) => true,
            AstKind::SpreadElement(spread) => {
                // A part of an array: what is spread is run through.
                matches!(
                    self.nodes.parent_kind(id),
                    AstKind::ArrayExpression(_) | AstKind::CallExpression(_)
                ) && !matches!(spread.argument, Expression::ArrayExpression(_))
            }
            AstKind::UnaryExpression(unary) => unary.operator.as_str() == "delete",
            _ => false,
        }
    }

    /// Whether the node is a part of something that acts when the module is loaded.
    pub(super) fn is_acting(&self, id: NodeId) -> bool {
        self.nodes.ancestor_ids(id).any(|ancestor| {
            self.acts(ancestor, self.nodes.kind(ancestor)) && self.is_at_load(ancestor)
        })
    }

    /// Notes what is done at load beside what the names in it say.
    pub(super) fn at_load(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        let changes_globals = self.changes_globals(kind);
        facts.changes_globals |= changes_globals;
        let (waits, loads) = match kind {
            AstKind::AwaitExpression(_) => (true, false),
            AstKind::ForOfStatement(each) => (each.r#await, false),
            AstKind::ImportExpression(_) => (false, true),
            AstKind::CallExpression(call) => (false, self.is_global(&call.callee, "require")),
            _ => (false, false),
        };
        if !(changes_globals || waits || loads) || !self.is_at_load(id) {
            return;
        }
        facts.changes_globals_at_load |= changes_globals;
        facts.loads_more |= loads;
        if waits {
            let problem = "waits at the top level of its module";
            facts.problems.insert(problem.to_owned());
        }
    }

    /// `Date.now = …`, `delete Array.prototype.at`, `Object.assign(globalThis, …)`
    fn changes_globals(&self, kind: AstKind) -> bool {
        let is_global = |expression: &Expression| {
            let (root, ..) = root(expression);
            root.is_some_and(|root| self.symbol(root).is_none())
        };
        match kind {
            AstKind::AssignmentExpression(assignment) => {
                match assignment.left.as_simple_assignment_target() {
                    Some(SimpleAssignmentTarget::AssignmentTargetIdentifier(name)) => {
                        let reference = self.scoping.get_reference(name.reference_id());
                        reference.symbol_id().is_none()
                    }
                    Some(target) => target
                        .as_member_expression()
                        .is_some_and(|member| is_global(member.object())),
                    None => false,
                }
            }
            AstKind::UpdateExpression(update) => update
                .argument
                .as_member_expression()
                .is_some_and(|member| is_global(member.object())),
            AstKind::UnaryExpression(unary) => {
                unary.operator.as_str() == "delete" && is_global(&unary.argument)
            }
            AstKind::CallExpression(call) => {
                let (name, first, _) = root(&call.callee);
                let changes = name.is_some_and(|name| {
                    self.is_global(name, "Reflect")
                        || self.is_global(name, "Object")
                            && first.is_some_and(|first| !OF_OBJECT.contains(&first))
                });
                let given = call.arguments.first().and_then(Argument::as_expression);
                changes && given.is_some_and(is_global)
            }
            _ => false,
        }
    }

    /// Whether the node is in what runs when one of the project's functions is called, and no
    /// sooner: `httpAction(async (ctx, request) => …)`, or a `handler` of a definition.
    pub(super) fn is_for_calls(&self, id: NodeId) -> bool {
        self.nodes.ancestor_ids(id).any(|function| {
            let is_function = matches!(
                self.nodes.kind(function),
                AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
            );
            if !is_function {
                return false;
            }
            let parent = self.nodes.parent_id(function);
            match self.nodes.kind(parent) {
                AstKind::CallExpression(call) => self.is_convex_maker(&call.callee, &BUILDERS),
                AstKind::ObjectProperty(property)
                    if property.key.static_name().as_deref() == Some("handler") =>
                {
                    let made = self.nodes.parent_id(self.nodes.parent_id(parent));
                    let AstKind::CallExpression(call) = self.nodes.kind(made) else {
                        return false;
                    };
                    // `export const add = userMutation({ handler: … })`, too.
                    self.is_convex_maker(&call.callee, &BUILDERS)
                        || matches!(
                            self.nodes.parent_kind(made),
                            AstKind::VariableDeclarator(_) | AstKind::ExportDefaultDeclaration(_)
                        ) && matches!(&call.callee, Expression::Identifier(_))
                }
                _ => false,
            }
        })
    }

    /// Whether the node is evaluated when the module is loaded, not in a function.
    fn is_at_load(&self, id: NodeId) -> bool {
        !self.nodes.ancestor_kinds(id).any(|kind| {
            matches!(
                kind,
                AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
            ) || matches!(kind, AstKind::PropertyDefinition(property) if !property.r#static)
        })
    }

    fn makes(&self, new: &NewExpression) -> bool {
        HARMLESS.iter().any(|name| self.is_global(&new.callee, name))
            // `new ConvexError(…)`
            || self.is_convex_maker(&new.callee, &["ConvexError"])
    }

    pub(super) fn is_harmless(&self, callee: &Expression) -> bool {
        let (root, first, last) = root(callee);
        let Some(root) = root else {
            // A method of something that is written out: `["a", "b"].join()`.
            return last.is_some_and(|last| READING.contains(&last));
        };
        if self.is_global(root, "Object") {
            return first.is_some_and(|first| OF_OBJECT.contains(&first));
        }
        HARMLESS.iter().any(|name| self.is_global(root, name))
            || self.is_convex_maker(root, &MAKERS)
    }

    fn is_convex_maker(&self, name: &Expression, makers: &[&str]) -> bool {
        let import = self.symbol(name).and_then(|symbol| self.import(symbol));
        import.is_some_and(|(from, taken)| {
            let is_convex = matches!(from, "convex/values" | "convex/server")
                || from.contains("_generated/")
                // What `byod export --main` writes has the same builders.
                || from.ends_with("byod/server");
            is_convex && taken.is_some_and(|taken| makers.contains(&taken.as_str()))
        })
    }

    /// Whether what is named there may be changed: it is written to, a method of it is
    /// called, or it is handed on.
    pub(super) fn is_touched(&self, id: NodeId) -> bool {
        let mut outermost = id;
        let mut last = None;
        let parent = loop {
            let span = self.nodes.kind(outermost).span();
            let parent = self.nodes.parent_id(outermost);
            match self.nodes.kind(parent) {
                AstKind::StaticMemberExpression(member) if member.object.span() == span => {
                    last = Some(member.property.name.as_str());
                }
                AstKind::ComputedMemberExpression(member) if member.object.span() == span => {
                    last = Some("");
                }
                AstKind::PrivateFieldExpression(_)
                | AstKind::TSNonNullExpression(_)
                | AstKind::ParenthesizedExpression(_)
                | AstKind::ChainExpression(_)
                | AstKind::TSSatisfiesExpression(_)
                | AstKind::TSAsExpression(_) => {}
                _ => break self.nodes.kind(parent),
            }
            outermost = parent;
        };
        let span = self.nodes.kind(outermost).span();
        match parent {
            AstKind::CallExpression(call) if call.callee.span() == span => {
                last.is_some_and(|method| !READING.contains(&method))
            }
            // `Math.max(0, limit)`
            AstKind::CallExpression(call) => !self.is_harmless(&call.callee),
            AstKind::BinaryExpression(_)
            | AstKind::TemplateLiteral(_)
            | AstKind::IfStatement(_)
            | AstKind::ComputedMemberExpression(_)
            | AstKind::ExpressionStatement(_)
            | AstKind::Class(_)
            | AstKind::ForOfStatement(_)
            | AstKind::ForInStatement(_)
            | AstKind::SpreadElement(_) => false,
            AstKind::UnaryExpression(unary) => unary.operator.as_str() == "delete",
            AstKind::ConditionalExpression(choice) => choice.test.span() != span,
            _ => true,
        }
    }
}

/// The name that an expression begins with, the first member of it and the last.
fn root<'e>(
    mut expression: &'e Expression<'e>,
) -> (Option<&'e Expression<'e>>, Option<&'e str>, Option<&'e str>) {
    let (mut first, mut last) = (None, None);
    loop {
        expression = expression.get_inner_expression();
        expression = match expression {
            Expression::Identifier(_) => return (Some(expression), first, last),
            Expression::StaticMemberExpression(member) => {
                first = Some(member.property.name.as_str());
                last = last.or(first);
                &member.object
            }
            // `v.union(…).optional()`
            Expression::CallExpression(call) => &call.callee,
            Expression::ArrayExpression(_)
            | Expression::StringLiteral(_)
            | Expression::TemplateLiteral(_)
            | Expression::RegExpLiteral(_) => return (None, first, last),
            _ => return (None, None, None),
        };
    }
}
