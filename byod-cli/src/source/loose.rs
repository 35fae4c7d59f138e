//! Functions that are called by another name than their own: out of a list, an object,
//! or as what another function was given. Whoever hands its context to one of those may
//! hand it to any.

use oxc_ast::AstKind;
use oxc_ast::ast::{Expression, FormalParameter, FormalParameters};
use oxc_semantic::NodeId;
use oxc_span::GetSpan;

use super::acts::READING;
use super::facts::{Facts, Loose, shorten};
use super::nodes::Reader;
use super::syntax::{method, range};

/// Methods that call what they are given at once, with values of their own.
const CALLING: [&str; 7] = [
    "catch",
    "finally",
    "sort",
    "then",
    "withIndex",
    "withSearchIndex",
    "toSorted",
];

/// Types of what is no context.
const PLAIN: [&str; 6] = ["string", "number", "boolean", "bigint", "Id<", "Doc<"];

impl Reader<'_, '_> {
    /// Notes a function that has no name of its own by which it is called.
    pub(super) fn loose(&self, id: NodeId, kind: AstKind, facts: &mut Facts) {
        let (parameters, span) = match kind {
            AstKind::ArrowFunctionExpression(arrow) => (&arrow.params, arrow.span),
            AstKind::Function(function) if !function.is_declaration() => {
                (&function.params, function.span)
            }
            _ => return,
        };
        if parameters.items.is_empty() || !self.is_loose(id) {
            return;
        }
        facts.loose.push(Loose {
            shown: shorten(&self.text[range(span)]),
            followed: self.followed(parameters),
        });
    }

    /// Which of the parameters are followed, if a context is given for them.
    fn followed(&self, parameters: &FormalParameters) -> Vec<bool> {
        let is_plain = |parameter: &FormalParameter| {
            let annotation = parameter.type_annotation.as_ref();
            annotation.is_some_and(|annotation| {
                let written = &self.text[range(annotation.type_annotation.span())];
                PLAIN.iter().any(|plain| written.starts_with(plain))
            })
        };
        let items = parameters.items.iter();
        items
            .map(|parameter| is_plain(parameter) || self.takes_context(parameter))
            .collect()
    }

    fn is_loose(&self, id: NodeId) -> bool {
        let span = self.nodes.kind(id).span();
        let parent = self.nodes.parent_id(id);
        match self.nodes.kind(parent) {
            AstKind::ObjectProperty(property) => {
                property.key.static_name().as_deref() != Some("handler")
            }
            // What is called by its name is followed there.
            AstKind::VariableDeclarator(declarator) => {
                declarator.id.get_binding_identifiers().iter().any(|name| {
                    let mut uses = self.scoping.get_resolved_references(name.symbol_id());
                    !self.is_of_module(name.symbol_id())
                        && uses.any(|used| self.is_lent(used.node_id()))
                })
            }
            AstKind::MethodDefinition(method) => !method.kind.is_constructor(),
            AstKind::CallExpression(call) if call.callee.span() == span => false,
            AstKind::CallExpression(call) => match method(call) {
                Some((_, name)) if READING.contains(&name) || CALLING.contains(&name) => false,
                _ => !self.is_harmless(&call.callee),
            },
            AstKind::NewExpression(made) => !matches!(&made.callee,
                Expression::Identifier(name) if self.symbol(&made.callee).is_none() && name.name == "Promise"),
            AstKind::ExportDefaultDeclaration(_) | AstKind::ParenthesizedExpression(_) => false,
            _ => true,
        }
    }

    /// Whether what is named there is used otherwise than by calling it.
    pub(super) fn is_lent(&self, id: NodeId) -> bool {
        let span = self.nodes.kind(id).span();
        match self.nodes.parent_kind(id) {
            AstKind::CallExpression(call) => call.callee.span() != span,
            AstKind::NewExpression(made) => made.callee.span() != span,
            AstKind::StaticMemberExpression(member) => member.object.span() != span,
            _ => true,
        }
    }
}
