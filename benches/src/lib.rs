//! The figures of byod, measured side by side on one machine.
//!
//! The program is `cargo run --release -p byod-bench`; this library is what it, its
//! program for memory and the test of allocations share.

pub mod deployment;
pub mod route_figures;
