//! What users wrote and were told.

/// What a user was told about a write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    /// That it is done.
    Acknowledged,
    /// That it certainly is not.
    Refused,
    /// That nobody knows.
    Unknown,
}

/// What came of calls.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) writes: Vec<(usize, String, Fate)>,
    pub(crate) reads: usize,
    pub(crate) failed_reads: usize,
}

impl Log {
    /// A title that no other note has.
    pub(crate) fn next_title(&self, user: usize) -> String {
        format!("{} {}", subject(user), self.writes.len())
    }

    pub(crate) fn write(&mut self, user: usize, title: String, fate: Fate) {
        self.writes.push((user, title, fate));
    }

    pub(crate) fn read(&mut self, well: bool) {
        self.reads += 1;
        self.failed_reads += usize::from(!well);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.writes.extend(other.writes);
        self.reads += other.reads;
        self.failed_reads += other.failed_reads;
    }

    pub(crate) fn told(&self, fate: Fate) -> usize {
        self.writes
            .iter()
            .filter(|(.., told)| *told == fate)
            .count()
    }
}

pub(crate) fn subject(user: usize) -> String {
    format!("user{user}")
}
