//! Programs that compile, and do what they say.

#![allow(dead_code, reason = "that it compiles is what most of it is for")]

mod attributes;
mod calls;
mod forbidden;
mod kinds;
mod modules;
mod names;
mod owners;
mod partial;
mod unions;
mod whole;
mod written;
