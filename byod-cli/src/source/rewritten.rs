//! A module's text with something in it written otherwise, by what its syntax says.

use std::ops::Range;
use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::Parser;
use oxc_semantic::{Semantic, SemanticBuilder};
use oxc_span::SourceType;

/// What is written instead of a part of the text. Parts don't overlap.
pub(super) type Edit = (Range<usize>, String);

/// The text with the edits that are found in it; as it is where it can't be parsed.
pub(super) fn rewritten(
    path: &Path,
    mut text: String,
    edits: impl for<'a> FnOnce(&'a Program<'a>, &Semantic<'a>) -> Vec<Edit>,
) -> String {
    let Ok(source_type) = SourceType::from_path(path) else {
        return text;
    };
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &text, source_type.with_module(true)).parse();
    if parsed.panicked {
        return text;
    }
    let program = allocator.alloc(parsed.program);
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(program)
        .semantic;
    let mut edits = edits(program, &semantic);
    // Of two at one place, the first one stays the first.
    edits.sort_by_key(|(span, _)| span.start);
    for (span, new) in edits.into_iter().rev() {
        text.replace_range(span, &new);
    }
    text
}
