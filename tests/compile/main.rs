//! What the macros accept, and what they say of everything else.
//!
//! What is in `pass` is part of this program. Each program in `fail` makes one kind of
//! mistake against the projects in `convex` and `byod/convex`; the `.stderr` beside it
//! is the message. The messages of the compiler itself are those of the version that
//! `rust-version` in the workspace names; `TRYBUILD=overwrite` writes them anew.

mod pass;

/// None of them is to pass, so that all are checked at once and nothing is linked.
#[test]
fn mistakes_are_told() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
