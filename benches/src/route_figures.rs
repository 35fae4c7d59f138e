//! What the program `routes` finds out about the route cache.

use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figures {
    /// How long a hit takes.
    pub hits: Vec<Hit>,
    /// With so many users cached, so many bytes each.
    pub bytes: Vec<(usize, f64)>,
    /// What cold users cost that are more than the cache may hold.
    pub storm: Storm,
}

/// How long a hit takes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hit {
    /// Users in the cache.
    pub users: usize,
    /// Which of them are asked for.
    pub asked: String,
    /// Threads that ask at once.
    pub threads: usize,
    /// The time of one, on its thread.
    pub nanoseconds: f64,
    /// The same for a map of the standard library that holds the same ids.
    pub of_map: f64,
    /// The time to read one place in memory, of as many as there are users.
    pub of_place: f64,
}

/// Many users that come once.
#[derive(Debug, Serialize, Deserialize)]
pub struct Storm {
    /// How many came.
    pub users: usize,
    /// How many the cache may hold.
    pub capacity: usize,
    /// The most bytes in use, beyond those before.
    pub most: f64,
}
