//! A module that another imports with all that it has, as if what is used of it were
//! imported alone: `import * as Notes from "./model/notes"` and `Notes.load(ctx)`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    ImportDeclarationSpecifier, ImportOrExportKind, Program, Statement, TSTypeName,
};
use oxc_semantic::{Semantic, SymbolId};
use oxc_span::GetSpan;

use super::rewritten::{Edit, rewritten};
use super::syntax::range;
use crate::layout::is_reserved;

/// How specifiers of the project's own modules begin.
const OWN: [&str; 5] = [".", "@/", "~/", "#", "$"];

/// The text with such imports taken apart. Where more is done with all of a module than to
/// use something of it, it stays as it is.
pub(super) fn apart(path: &Path, text: String) -> String {
    if !text.contains("* as ") {
        return text;
    }
    rewritten(path, text, taken_apart)
}

fn taken_apart(program: &Program, semantic: &Semantic) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut names: BTreeMap<String, (SymbolId, String)> = BTreeMap::new();
    for statement in &program.body {
        let Statement::ImportDeclaration(import) = statement else {
            continue;
        };
        let specifiers = import.specifiers.as_ref().map(|all| all.as_slice());
        let Some([ImportDeclarationSpecifier::ImportNamespaceSpecifier(all)]) = specifiers else {
            continue;
        };
        let from = import.source.value.as_str();
        let symbol = all.local.symbol_id();
        let Some(used) = used(semantic, symbol) else {
            continue;
        };
        if used.is_empty() || !OWN.iter().any(|own| from.starts_with(own)) {
            continue;
        }
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for (span, member) in used {
            let local = taken.entry(member).or_insert_with_key(|member| {
                let of = (symbol, member.clone());
                let is_free =
                    is_free(semantic, member) && names.get(member).is_none_or(|known| *known == of);
                let local = match is_free {
                    true => member.clone(),
                    false => format!("{}_{member}", all.local.name),
                };
                names.insert(local.clone(), of);
                local
            });
            edits.push((span, local.clone()));
        }
        let keyword = match import.import_kind {
            ImportOrExportKind::Type => "import type",
            ImportOrExportKind::Value => "import",
        };
        let parts = taken.iter().map(|(member, local)| match member == local {
            true => member.clone(),
            false => format!("{member} as {local}"),
        });
        let parts: Vec<String> = parts.collect();
        edits.push((
            range(import.span),
            format!("{keyword} {{ {} }} from {from:?};", parts.join(", ")),
        ));
    }
    edits
}

/// Where something of the module is used, and what; `None` where all of it is.
fn used(semantic: &Semantic, symbol: SymbolId) -> Option<Vec<(Range<usize>, String)>> {
    let nodes = semantic.nodes();
    let references = semantic.scoping().get_resolved_references(symbol);
    let used = references.map(|reference| {
        let at = reference.node_id();
        let span = nodes.kind(at).span();
        match nodes.parent_kind(at) {
            AstKind::StaticMemberExpression(member)
                if member.object.span() == span && !member.optional =>
            {
                Some((range(member.span), member.property.name.to_string()))
            }
            // `Notes.Kind`, as a type.
            AstKind::TSQualifiedName(name) => match &name.left {
                TSTypeName::IdentifierReference(left) if left.span == span => {
                    Some((range(name.span), name.right.name.to_string()))
                }
                _ => None,
            },
            _ => None,
        }
    });
    used.collect()
}

/// Whether nothing in the module has the name.
fn is_free(semantic: &Semantic, name: &str) -> bool {
    let scoping = semantic.scoping();
    let mut named = scoping.symbol_ids();
    let mut globals = scoping.root_unresolved_references().keys();
    !is_reserved(name)
        && !named.any(|symbol| scoping.symbol_name(symbol) == name)
        && !globals.any(|global| global.as_str() == name)
}
