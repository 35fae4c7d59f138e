//! What the macros accept, and what they say of everything else.
//!
//! Each program in `fail` makes one kind of mistake against the projects in
//! `convex` and `byod/convex`; the `.stderr` beside it is the
//! message. The messages of the compiler itself are those of the version that
//! `rust-version` in the workspace names; `TRYBUILD=overwrite` writes them anew.

#[test]
fn programs() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*.rs");
}
