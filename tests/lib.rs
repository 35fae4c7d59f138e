//! Nothing of its own: the tests beside it cross the other crates.
