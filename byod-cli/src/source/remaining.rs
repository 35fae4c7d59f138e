//! A context of which a handler takes some members and the rest, as if it were whole:
//! `({ db, auth, ...rest }) => load({ db, auth, ...rest })` is `(ctx) => load(ctx)`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use oxc_ast::AstKind;
use oxc_ast::ast::{BindingPattern, ObjectExpression, ObjectPattern, ObjectPropertyKind};
use oxc_semantic::{NodeId, Semantic, SymbolId};
use oxc_span::GetSpan;

use super::rewritten::{Edit, rewritten};
use super::syntax::range;

/// The text with such contexts under one name. Where more is done with the rest than to put
/// it together again, it stays as it is.
pub(super) fn remaining(path: &Path, text: String) -> String {
    if !text.contains("...") || !text.contains("handler") {
        return text;
    }
    rewritten(path, text, |_, semantic| whole(semantic))
}

fn whole(semantic: &Semantic) -> Vec<Edit> {
    let nodes = semantic.nodes();
    let mut edits: Vec<Edit> = Vec::new();
    for node in nodes.iter() {
        let AstKind::FormalParameter(parameter) = node.kind() else {
            continue;
        };
        let BindingPattern::ObjectPattern(pattern) = &parameter.pattern else {
            continue;
        };
        if parameter.type_annotation.is_some() || !is_first_of_handler(semantic, node.id()) {
            continue;
        }
        let Some(taken) = Taken::of(pattern) else {
            continue;
        };
        if let Some(whole) = taken.whole(semantic) {
            edits.push((range(pattern.span), "ctx".to_owned()));
            edits.extend(whole);
        }
    }
    // A name inside of an object that is put together is part of that.
    edits.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    edits.dedup_by(|inner, outer| inner.0.start >= outer.0.start && inner.0.end <= outer.0.end);
    edits
}

/// What a pattern takes out of a context.
struct Taken {
    /// By variable, the member.
    members: BTreeMap<SymbolId, String>,
    rest: SymbolId,
}

impl Taken {
    fn of(pattern: &ObjectPattern) -> Option<Self> {
        let BindingPattern::BindingIdentifier(rest) = &pattern.rest.as_ref()?.argument else {
            return None;
        };
        let members = pattern.properties.iter().map(|property| {
            let BindingPattern::BindingIdentifier(name) = &property.value else {
                return None;
            };
            Some((name.symbol_id(), property.key.static_name()?.to_string()))
        });
        Some(Self {
            members: members.collect::<Option<_>>()?,
            rest: rest.symbol_id(),
        })
    }

    /// What is written instead; `None` where that isn't the same.
    fn whole(&self, semantic: &Semantic) -> Option<Vec<Edit>> {
        let (nodes, scoping) = (semantic.nodes(), semantic.scoping());
        // Nothing else is called so, and nothing is assigned.
        let is_taken = |symbol| scoping.symbol_name(symbol) == "ctx";
        let mut inside = scoping.symbol_ids().filter(|symbol| is_taken(*symbol));
        let scope = scoping.symbol_scope_id(self.rest);
        let is_around = |symbol: SymbolId| {
            let of = scoping.symbol_scope_id(symbol);
            let mut around = scoping.scope_ancestors(scope);
            let mut within = scoping.scope_ancestors(of);
            around.any(|scope| scope == of) || within.any(|of| of == scope)
        };
        if inside.any(is_around) {
            return None;
        }
        let mut edits = Vec::new();
        for reference in scoping.get_resolved_references(self.rest) {
            let spread = nodes.parent_id(reference.node_id());
            let AstKind::SpreadElement(_) = nodes.kind(spread) else {
                return None;
            };
            let AstKind::ObjectExpression(object) = nodes.parent_kind(spread) else {
                return None;
            };
            edits.push((range(object.span), self.together(semantic, object)?));
        }
        for (symbol, member) in &self.members {
            for reference in scoping.get_resolved_references(*symbol) {
                if reference.is_write() {
                    return None;
                }
                let at = reference.node_id();
                let span = range(nodes.kind(at).span());
                let name = scoping.symbol_name(*symbol);
                let is_short = matches!(nodes.parent_kind(at),
                    AstKind::ObjectProperty(property) if property.shorthand);
                edits.push(match is_short {
                    true => (span, format!("{name}: ctx.{member}")),
                    false => (span, format!("ctx.{member}")),
                });
            }
        }
        Some(edits)
    }

    /// The context that the object is put together of, perhaps with more beside it.
    fn together(&self, semantic: &Semantic, object: &ObjectExpression) -> Option<String> {
        let text = semantic.source_text();
        let mut here = BTreeSet::new();
        let mut more = Vec::new();
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(_) if more.is_empty() => {}
                ObjectPropertyKind::SpreadProperty(_) => return None,
                ObjectPropertyKind::ObjectProperty(property) => {
                    let symbol = match &property.value {
                        oxc_ast::ast::Expression::Identifier(name) => {
                            let reference = semantic.scoping().get_reference(name.reference_id());
                            reference.symbol_id()
                        }
                        _ => None,
                    };
                    let member = symbol.and_then(|symbol| self.members.get(&symbol));
                    match (member, property.key.static_name()) {
                        (Some(member), Some(key)) if *member == key => {
                            here.insert(member.clone());
                        }
                        // What is beside it must not hold what is written anew.
                        (None, Some(key)) if !self.members.values().any(|m| *m == key) => {
                            if self.is_named_in(semantic, property.span()) {
                                return None;
                            }
                            more.push(text[range(property.span)].to_owned());
                        }
                        _ => return None,
                    }
                }
            }
        }
        let all: BTreeSet<String> = self.members.values().cloned().collect();
        (here == all).then(|| match more.is_empty() {
            true => "ctx".to_owned(),
            false => format!("{{ ...ctx, {} }}", more.join(", ")),
        })
    }

    fn is_named_in(&self, semantic: &Semantic, span: oxc_span::Span) -> bool {
        let (nodes, scoping) = (semantic.nodes(), semantic.scoping());
        let symbols = self.members.keys().chain([&self.rest]);
        let mut references = symbols.flat_map(|s| scoping.get_resolved_references(*s));
        references.any(|reference| {
            let at = nodes.kind(reference.node_id()).span();
            at.start >= span.start && at.end <= span.end
        })
    }
}

/// Whether the parameter is the first of a function that is called `handler`.
fn is_first_of_handler(semantic: &Semantic, parameter: NodeId) -> bool {
    let nodes = semantic.nodes();
    let list = nodes.parent_id(parameter);
    let AstKind::FormalParameters(parameters) = nodes.kind(list) else {
        return false;
    };
    let span = nodes.kind(parameter).span();
    let mut ancestors = nodes.ancestor_kinds(list);
    parameters
        .items
        .first()
        .is_some_and(|first| first.span == span)
        && matches!(
            ancestors.next(),
            Some(AstKind::ArrowFunctionExpression(_) | AstKind::Function(_))
        )
        && matches!(ancestors.next(), Some(AstKind::ObjectProperty(property))
            if property.key.static_name().as_deref() == Some("handler"))
}
