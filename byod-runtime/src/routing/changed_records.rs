//! What others write into users' records, heard of main at once.

use std::collections::HashMap;
use std::sync::Weak;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byod_schema::Location;
use byod_sync::{Json, Subscription};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use tokio::time::timeout;

use super::changed_users::{ChangedUsers, UserChanges};
use super::service::{Byod, Inner};
use crate::deployment::sockets::{Caller, News as Told, Watch};
use crate::users::UserId;

/// How far back is looked: clocks of those who write differ.
const BACK: Duration = Duration::from_secs(600);

/// How long until a main that has no such function is asked again.
const OLDER_MAIN: Duration = Duration::from_secs(600);

/// Of how many records main tells at once, the latest.
const MOST: usize = 256;

/// How many records are read at once for those who watch their users.
const TOGETHER: usize = 32;

/// By which user's record was changed when, as far as main tells.
type Known = HashMap<String, f64>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    user_id: String,
    updated_at: f64,
}

impl Byod {
    /// Listens to main from now on, for what others write into users' records: where there are routes to drop for it.
    ///
    /// Where main has no function for it, or there is no socket, a route is as old as it may be.
    pub(crate) fn listen(&self) {
        self.inner()
            .listening
            .begin(|| tokio::spawn(listen(self.weak())).abort_handle());
    }

    /// Whose records change from now on, and within the last minutes before, by whichever process or person; what is told
    /// may be told again. Main tells it within a second, by the function that `byod export --main` writes for it, on the one
    /// socket that this process has there anyway; where it has none, or sockets are off, nothing is ever told.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn changed_users(&self) -> UserChanges {
        let changes = self.inner().telling.hear();
        self.listen();
        changes
    }

    /// Tells who looks at all records, also of what this process has written itself.
    fn tell_hearers(&self, known: &Known, latest: &Known) {
        let telling = &self.inner().telling;
        if !telling.has_hearers() {
            return;
        }
        match news(known, latest, |_, _| true) {
            News::Of(users) if users.is_empty() => {}
            News::Of(users) => telling.tell(ChangedUsers::Some(users.into())),
            News::OfAnybody => telling.tell(ChangedUsers::Anybody),
        }
    }

    fn watch_records(&self) -> Option<Watch> {
        let store = &self.inner().store;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let since = now.saturating_sub(BACK).as_millis();
        let subscription = Subscription {
            path: store.changed_configs().to_owned(),
            args: Json::parse(format!("[{{\"since\":{since}}}]")).ok()?,
            component_path: None,
            journal: None,
        };
        let caller = Caller {
            client: store.main(),
            user: "",
            location: Location::Main,
            source: None,
        };
        self.inner().sockets.watch(&caller, vec![subscription])
    }
}

async fn listen(weak: Weak<Inner>) {
    loop {
        let Some(watch) = Byod::upgrade(&weak).and_then(|byod| byod.watch_records()) else {
            return;
        };
        let mut known = Known::new();
        let mut is_sound = true;
        loop {
            let told = match is_sound {
                true => watch.next().await,
                // What fails once may tell something later; a main that has no such function gets it some day.
                false => match timeout(OLDER_MAIN, watch.next()).await {
                    Ok(told) => told,
                    Err(_) => break,
                },
            };
            let results = match told {
                Told::Results(results) => results,
                Told::Refused(_) | Told::NoSocket => {
                    set_told(&weak, false);
                    continue;
                }
            };
            let changed = match results.first().map(|latest| &latest.result) {
                Some(Ok(changed)) => changed.read::<Vec<Changed>>().ok(),
                _ => None,
            };
            is_sound = changed.is_some();
            set_told(&weak, is_sound);
            let Some(changed) = changed else { continue };
            let Some(byod) = Byod::upgrade(&weak) else {
                return;
            };
            let latest: Known = changed
                .into_iter()
                .map(|changed| (changed.user_id, changed.updated_at))
                .collect();
            byod.tell_hearers(&known, &latest);
            let is_news = |user: &UserId, at| byod.inner().listening.is_news(user, at);
            let watched = match news(&known, &latest, is_news) {
                News::Of(users) => {
                    for user in &users {
                        byod.clear_user_client(user.clone());
                    }
                    users
                }
                News::OfAnybody => {
                    byod.clear_all_user_clients();
                    byod.inner().watched.users()
                }
            };
            // Their deployments may be asked, too, which is nothing that others should wait for.
            tokio::spawn(async move {
                let watched = stream::iter(&watched);
                let tell = async |user| byod.tell_watchers(user).await;
                watched.for_each_concurrent(TOGETHER, tell).await;
            });
            known = latest;
        }
    }
}

fn set_told(weak: &Weak<Inner>, is_told: bool) {
    if let Some(byod) = Byod::upgrade(weak) {
        byod.inner().telling.set_told(is_told);
    }
}

/// Whose records are others than they were.
#[derive(Debug, PartialEq)]
enum News {
    Of(Vec<UserId>),
    /// More have changed than main tells of.
    OfAnybody,
}

/// Whose records are others than those that were known, where that `is_news`; who is no longer among the latest changed,
/// and not for want of room, has no record any more.
fn news(known: &Known, latest: &Known, is_news: impl Fn(&UserId, f64) -> bool) -> News {
    let is_full = latest.len() >= MOST;
    let is_known = |(user, at): (&String, &f64)| known.get(user) == Some(at);
    if is_full && !known.is_empty() && !latest.iter().any(is_known) {
        return News::OfAnybody;
    }
    let changed = latest.iter().filter(|(user, at)| !is_known((user, at)));
    let changed = changed.filter_map(|(user, at)| {
        let user = UserId::from(&**user);
        is_news(&user, *at).then_some(user)
    });
    let oldest = latest.values().copied().fold(f64::INFINITY, f64::min);
    let has_room = |at: f64| !is_full || at > oldest;
    let gone = known
        .iter()
        .filter(|(user, at)| !latest.contains_key(*user) && has_room(**at))
        .map(|(user, _)| UserId::from(&**user));
    News::Of(changed.chain(gone).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(records: &[(&str, f64)]) -> Known {
        let records = records.iter();
        records
            .map(|(user, at)| ((*user).to_owned(), *at))
            .collect()
    }

    fn of(known: &Known, latest: &Known) -> Vec<String> {
        match news(known, latest, |user, _| *user != UserId::from("own")) {
            News::Of(users) => {
                let mut users: Vec<_> = users.iter().map(|user| user.as_str().to_owned()).collect();
                users.sort();
                users
            }
            News::OfAnybody => vec!["anybody".to_owned()],
        }
    }

    #[test]
    fn records_that_are_new_changed_or_gone_are_news() {
        let before = known(&[("a", 1.0), ("b", 2.0), ("c", 3.0)]);
        let after = known(&[("a", 1.0), ("b", 4.0), ("d", 5.0), ("own", 6.0)]);
        assert_eq!(of(&before, &after), ["b", "c", "d"]);
        assert!(of(&after, &after).is_empty());
    }

    #[test]
    fn main_tells_of_the_latest_alone() {
        let users = |range: std::ops::Range<usize>| -> Known {
            range.map(|at| (format!("{at}"), at as f64)).collect()
        };
        // The oldest made room for another.
        assert_eq!(of(&users(0..MOST), &users(1..MOST + 1)), ["256"]);
        // This one didn't: it was later than one that is still told of.
        let mut latest = users(0..MOST + 1);
        latest.remove("7");
        assert_eq!(of(&users(1..MOST + 1), &latest), ["0", "7"]);
        // Some of those between may have been changed, too.
        assert_eq!(of(&users(0..MOST), &users(MOST..2 * MOST)), ["anybody"]);
        assert_eq!(of(&users(0..0), &users(0..MOST)).len(), MOST);
    }
}
