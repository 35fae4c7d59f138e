//! What others write into users' records, heard of main at once.

use std::collections::HashMap;
use std::sync::Weak;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byod_schema::Location;
use byod_sync::{Json, Subscription};
use serde::Deserialize;

use super::service::{Byod, Inner};
use crate::deployment::sockets::{Caller, News, Watch};
use crate::users::UserId;

/// How far back is looked: clocks of those who write differ.
const BACK: Duration = Duration::from_secs(600);

/// How long until a main that has no such function is asked again.
const OLDER_MAIN: Duration = Duration::from_secs(600);

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
        // By when each was changed.
        let mut known: HashMap<String, f64> = HashMap::new();
        loop {
            let results = match watch.next().await {
                News::Results(results) => results,
                News::Refused(_) | News::NoSocket => continue,
            };
            let changed = match results.first().map(|latest| &latest.result) {
                Some(Ok(changed)) => changed.read::<Vec<Changed>>(),
                _ => break,
            };
            let Ok(changed) = changed else { break };
            let Some(byod) = Byod::upgrade(&weak) else {
                return;
            };
            let is_new =
                |changed: &&Changed| known.get(&changed.user_id) != Some(&changed.updated_at);
            let users = changed.iter().filter(is_new).filter_map(|changed| {
                let user = UserId::from(&*changed.user_id);
                let is_news = byod.inner().listening.is_news(&user, changed.updated_at);
                is_news.then_some(user)
            });
            let users: Vec<UserId> = users.collect();
            for user in &users {
                byod.clear_user_client(user.clone());
            }
            for user in &users {
                byod.tell_watchers(user).await;
            }
            let changed = changed.into_iter();
            known = changed
                .map(|changed| (changed.user_id, changed.updated_at))
                .collect();
        }
        drop(watch);
        tokio::time::sleep(OLDER_MAIN).await;
    }
}
