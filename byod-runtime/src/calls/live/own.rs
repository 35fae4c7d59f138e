//! Queries of one client, watched on the user's own deployment: a set that changes.

use std::collections::HashMap;
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use byod_sync::Json;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::AbortHandle;

use super::follower::{Follower, Results};
use super::page_ends;
use super::polled::read_text;
use crate::calls::call::Prepared;
use crate::calls::session::Session;
use crate::error::{Deployment, Error};

/// A query to watch on the user's own deployment.
#[derive(Clone, Debug)]
pub struct OwnQuery {
    /// What the client calls it.
    pub key: u32,
    /// The function's path.
    pub path: Box<str>,
    /// The arguments as the client gives them: an object.
    pub args: Json,
    /// Where its page ended when it was watched before, on the same deployment.
    pub journal: Option<String>,
}

/// What one of them gives.
#[derive(Clone, Debug)]
pub struct OwnResult {
    /// Which query.
    pub key: u32,
    /// Its value, or its error.
    pub result: Result<Json, Error>,
    /// Where its page ends, for this deployment alone.
    pub journal: Option<String>,
}

/// What all of them give.
#[derive(Clone, Debug, Default)]
pub enum OwnResults {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Results that are of one moment.
    Of {
        /// Of which [set](OwnLive::set).
        set: u64,
        /// Which deployment they are of.
        deployment: Deployment,
        /// The results.
        results: Arc<[OwnResult]>,
    },
    /// None, for a reason that holds for all of them.
    Failed(Error),
    /// The user's calls go elsewhere now, or did when it was looked last.
    Moved,
}

/// Queries of one client, watched on the user's own deployment for as long as it is theirs.
pub struct OwnLive {
    asks: Arc<Asks>,
    results: watch::Receiver<OwnResults>,
    set: u64,
    task: AbortHandle,
}

/// Waits for what is written on the user's own deployment by another way.
#[derive(Clone)]
pub struct OwnMoments(Arc<Asks>);

/// What the task is asked for.
#[derive(Default)]
struct Asks {
    asked: Mutex<Asked>,
    nudge: Arc<Notify>,
}

#[derive(Default)]
struct Asked {
    queries: Option<(u64, Vec<OwnQuery>)>,
    moments: Vec<oneshot::Sender<BoxFuture<'static, ()>>>,
    /// Those who wait until all is told that there is to learn.
    told: Vec<oneshot::Sender<()>>,
    /// Whether nothing is watched any more, and nobody is to wait.
    ended: bool,
}

impl OwnLive {
    /// Watches nothing yet. To be called in a tokio runtime.
    pub fn new(session: &Session) -> Self {
        let asks = Arc::<Asks>::default();
        let (tell, results) = watch::channel(OwnResults::Nothing);
        let task = tokio::spawn(follow(session.clone(), asks.clone(), tell));
        Self {
            asks,
            results,
            set: 0,
            task: task.abort_handle(),
        }
    }

    /// Watches these from now on; those that it watched already go on. Gives the number of the set.
    pub fn set(&mut self, queries: Vec<OwnQuery>) -> u64 {
        self.set += 1;
        self.asks.lock().queries = Some((self.set, queries));
        self.asks.nudge.notify_one();
        self.set
    }

    /// Waits until there is something that [`latest`](Self::latest) has not given.
    pub async fn changed(&mut self) {
        if self.results.changed().await.is_err() {
            pending().await
        }
        self.results.mark_changed();
    }

    /// What they give, if that is another than was given last.
    pub fn latest(&mut self) -> Option<OwnResults> {
        let is_new = self.results.has_changed().unwrap_or(false);
        is_new.then(|| self.results.borrow_and_update().clone())
    }

    /// Waits for what is written there by another way.
    pub fn moments(&self) -> OwnMoments {
        OwnMoments(self.asks.clone())
    }
}

impl Drop for OwnLive {
    fn drop(&mut self) {
        self.task.abort();
        let mut asked = self.asks.lock();
        *asked = Asked {
            ended: true,
            ..Asked::default()
        };
    }
}

impl fmt::Debug for OwnLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnLive").finish_non_exhaustive()
    }
}

impl OwnMoments {
    /// Waits until the latest results are of a moment that is not before the present, by the deployment's own reckoning: what
    /// it has answered by now is in them. Nothing is waited for where nothing is watched any more.
    pub async fn caught_up(&self) {
        let (tell, moment) = oneshot::channel();
        self.0.ask(|asked| asked.moments.push(tell));
        let Ok(moment) = moment.await else { return };
        moment.await;
        let (tell, told) = oneshot::channel();
        self.0.ask(|asked| asked.told.push(tell));
        let _ = told.await;
    }
}

impl fmt::Debug for OwnMoments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnMoments").finish_non_exhaustive()
    }
}

impl Asks {
    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, ask: impl FnOnce(&mut Asked)) {
        let mut asked = self.lock();
        if !asked.ended {
            ask(&mut asked);
        }
        drop(asked);
        self.nudge.notify_one();
    }
}

/// The task of one client.
async fn follow(session: Session, asks: Arc<Asks>, tell: watch::Sender<OwnResults>) {
    let mut follower = Follower::on_own(session.clone(), asks.nudge.clone());
    let mut watched = Watched::default();
    let mut set = 0;
    loop {
        let mut drained = true;
        if watched.queries.is_empty() {
            asks.nudge.notified().await;
        } else {
            // All that there is to learn comes before a nudge.
            let told = match follower.next_unless_nudged().await {
                Ok(Some(results)) => {
                    let error = results
                        .results
                        .iter()
                        .find_map(|result| result.as_ref().err());
                    follower.note(Some(results.target.location()), error);
                    if watched.learn(&results) {
                        follower.end_pages(watched.ended(&session));
                    }
                    Some(watched.told(set, results))
                }
                Ok(None) => None,
                Err(Error::DeploymentChanged { .. }) => Some(OwnResults::Moved),
                Err(error) => Some(OwnResults::Failed(error)),
            };
            drained = told.is_none();
            if let Some(told) = told {
                tell.send_replace(told);
            }
        }
        let mut asked = asks.lock();
        if let Some((next, queries)) = asked.queries.take() {
            set = next;
            watched.is_at(follower.deployment());
            let queries = watched.instead(&session, queries);
            follower.follow_instead(queries);
            let ended = watched.ended(&session);
            if !ended.is_empty() {
                follower.end_pages(ended);
            }
            if !watched.queries.is_empty() {
                // Those who wait do so for what these give, which are watched from now on.
                asks.nudge.notify_one();
                continue;
            }
            follower = Follower::on_own(session.clone(), asks.nudge.clone());
        }
        for ask in asked.moments.drain(..) {
            let moment = follower.caught_up();
            if moment.is_none() {
                follower.poll_now();
            }
            let moment = moment.map(|moment| moment.boxed());
            let _ = ask.send(moment.unwrap_or_else(|| std::future::ready(()).boxed()));
        }
        // What is asked for now comes by itself.
        if watched.queries.is_empty() || (drained && !follower.is_asking()) {
            for told in asked.told.drain(..) {
                let _ = told.send(());
            }
        } else if !asked.told.is_empty() && !follower.is_asking() {
            asks.nudge.notify_one();
        }
    }
}

/// What is watched, in the order of the results.
#[derive(Default)]
struct Watched {
    queries: Vec<OwnQuery>,
    /// Where the queries were found last.
    deployment: Option<Deployment>,
    /// Where pages ended there that were asked for, by the client's names.
    ends: HashMap<u32, String>,
}

impl Watched {
    /// Others from now on; those that the client has still are what they were.
    fn instead(&mut self, session: &Session, queries: Vec<OwnQuery>) -> Vec<Prepared<Json>> {
        let former: HashMap<u32, OwnQuery> = std::mem::take(&mut self.queries)
            .into_iter()
            .map(|query| (query.key, query))
            .collect();
        let mut ends = std::mem::take(&mut self.ends);
        let mut prepared = Vec::with_capacity(queries.len());
        for mut query in queries {
            // What this build doesn't know is watched nowhere; whoever asks where it runs has been told so.
            let Ok(known) = session.query::<Json>(&query.path, &query.args) else {
                continue;
            };
            let is_former = |former: &OwnQuery| {
                former.path == query.path && former.args.get() == query.args.get()
            };
            let is_former = former.get(&query.key).is_some_and(is_former);
            let end = ends.remove(&query.key).filter(|_| is_former);
            let began = query.journal.as_deref().and_then(page_ends::of_journal);
            if let Some(end) = end.or_else(|| began.map(str::to_owned)) {
                self.ends.insert(query.key, end);
            }
            let mut known = known.0.reading(read_text);
            // A deployment takes its own alone.
            query
                .journal
                .take_if(|journal| page_ends::of_journal(journal).is_some());
            known.options.journal = query.journal.clone();
            prepared.push(known);
            self.queries.push(query);
        }
        prepared
    }

    /// Where pages ended elsewhere means nothing there.
    fn is_at(&mut self, deployment: Option<&Deployment>) {
        if self.deployment.as_ref() != deployment {
            self.ends.clear();
            self.deployment = deployment.cloned();
        }
    }

    /// Learns where pages end that were asked for; says whether of any that isn't known yet. On a socket they have
    /// journals.
    fn learn(&mut self, results: &Results) -> bool {
        self.is_at(Some(&results.target.deployment()));
        if !results.journals.is_empty() {
            return false;
        }
        let known = self.ends.len();
        for (query, result) in self.queries.iter().zip(&results.results) {
            if let Ok(value) = result
                && !self.ends.contains_key(&query.key)
                && page_ends::is_open(&query.args)
                && let Some(end) = page_ends::of_value(value)
            {
                self.ends.insert(query.key, end);
            }
        }
        self.ends.len() > known
    }

    /// The pages whose ends are known, each in its query's place.
    fn ended(&self, session: &Session) -> Vec<Option<Prepared<Json>>> {
        let ended = |query: &OwnQuery| {
            let args = page_ends::with_end(&query.args, self.ends.get(&query.key)?)?;
            let query = session.query::<Json>(&query.path, &args).ok()?;
            Some(query.0.reading(read_text))
        };
        match self.ends.is_empty() {
            true => Vec::new(),
            false => self.queries.iter().map(ended).collect(),
        }
    }

    fn told(&self, set: u64, results: Results) -> OwnResults {
        let mut journals = results.journals.into_iter();
        let told = self.queries.iter().zip(results.results);
        let told = told.map(|(OwnQuery { key, .. }, result)| {
            let end = || self.ends.get(key).map(|end| page_ends::journal(end));
            OwnResult {
                key: *key,
                result,
                journal: journals.next().flatten().or_else(end),
            }
        });
        OwnResults::Of {
            set,
            deployment: results.target.deployment(),
            results: told.collect(),
        }
    }
}
