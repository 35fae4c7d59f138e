//! What users wrote and were told, and whether it is so.

use std::collections::HashMap;

use crate::service::{Service, subject};

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
    writes: Vec<(usize, String, Fate)>,
    reads: usize,
    failed_reads: usize,
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

    fn told(&self, fate: Fate) -> usize {
        self.writes
            .iter()
            .filter(|(.., told)| *told == fate)
            .count()
    }

    /// Compares with what the deployments have; gives a line about it.
    pub(crate) fn check(&self, service: &Service) -> String {
        assert_eq!(service.count_on_main(), 0, "notes went to main");
        let mut there: HashMap<(String, String), usize> = HashMap::new();
        let users = self.writes.iter().map(|(user, ..)| *user);
        let one_of_each = users.collect::<std::collections::HashSet<_>>();
        for user in one_of_each {
            let owner = subject(user);
            for note in service.notes_where(user) {
                if note.str("userId") == Some(&owner) {
                    let title = note.str("title").unwrap().to_owned();
                    *there.entry((owner.clone(), title)).or_default() += 1;
                }
            }
        }
        let found: usize = there.values().sum();
        assert_eq!(
            found,
            service.count(),
            "notes are on a deployment of others"
        );
        let mut written_unknown = 0;
        for (user, title, fate) in &self.writes {
            let times = there.remove(&(subject(*user), title.clone()));
            let times = times.unwrap_or_default();
            let right = match fate {
                Fate::Acknowledged => times == 1,
                Fate::Refused => times == 0,
                Fate::Unknown => times <= 1,
            };
            assert!(right, "`{title}` was {fate:?} and is there {times} times");
            written_unknown += usize::from(*fate == Fate::Unknown && times == 1);
        }
        assert!(there.is_empty(), "nobody wrote {there:?}");
        let acknowledged = self.told(Fate::Acknowledged);
        assert!(acknowledged > 0, "nothing was written");
        format!(
            "{} writes: {acknowledged} acknowledged, each there once; {} refused, none there; \
             {} unknown, {written_unknown} of them there once; {} reads, {} of them failed",
            self.writes.len(),
            self.told(Fate::Refused),
            self.told(Fate::Unknown),
            self.reads,
            self.failed_reads,
        )
    }
}
