//! Whether what users were told of their writes is so.

use std::collections::{HashMap, HashSet};

use crate::service::Service;
use crate::writes::{Fate, Log, subject};

/// Compares with what the deployments have; gives a line about it.
pub(crate) fn check(log: &Log, service: &Service) -> String {
    assert_eq!(service.count_on_main(), 0, "notes went to main");
    let mut there: HashMap<(String, String), usize> = HashMap::new();
    let users = log.writes.iter().map(|(user, ..)| *user);
    let one_of_each = users.collect::<HashSet<_>>();
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
    for (user, title, fate) in &log.writes {
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
    let acknowledged = log.told(Fate::Acknowledged);
    assert!(acknowledged > 0, "nothing was written");
    format!(
        "{} writes: {acknowledged} acknowledged, each there once; {} refused, none there; \
         {} unknown, {written_unknown} of them there once; {} reads, {} of them failed",
        log.writes.len(),
        log.told(Fate::Refused),
        log.told(Fate::Unknown),
        log.reads,
        log.failed_reads,
    )
}
