//! Nothing of its own: the tests beside it cross the other crates.

// The programs of the book's chapter on tests, one of them of a service with `axum`, which the examples do without: they
// are what a newcomer builds first.
#[cfg(doctest)]
#[doc = include_str!("../docs/testing.md")]
struct Testing;
