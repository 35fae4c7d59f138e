//! What the reads are locked with; tests put something else in its place.

pub(super) use std::sync::{Mutex, MutexGuard};
