//! One socket as its watchers see it: what they watch, and what they are told.

use std::collections::HashMap;
use std::future::poll_fn;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use byod_schema::Location;
use byod_sync::{
    Broken, FunctionError, QueryId, QueryResult, Received, Request, Subscription, Token,
};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::caller::Caller;
use super::identity::Identity;
use super::progress::Progress;
use super::requests::{Ending, Landed, Waiting};
use super::settings::SocketSettings;
use super::slot::{Latest, News, Slot};
use super::token_source::{TokenSource, runs_out_later};
use crate::deployment::client::Client;
use crate::telemetry;

/// One client of one deployment, with one identity, and the task that drives its socket.
pub(crate) struct Socket {
    pub(super) identity: Identity,
    /// Whose token it has, if any.
    pub(super) user: Box<str>,
    pub(super) location: Location,
    pub(super) settings: SocketSettings,
    /// That there is something to say, or nobody watches any more.
    pub(super) changed: Notify,
    /// How many are about to watch.
    coming: AtomicUsize,
    progress: watch::Sender<Progress>,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) sync: byod_sync::Client,
    /// How the deployment is called; with the newest token.
    pub(super) client: Client,
    /// Gives later tokens.
    pub(super) source: Option<Arc<TokenSource>>,
    pub(super) task: Option<AbortHandle>,
    /// Since when nothing is watched.
    pub(super) idle: Option<Instant>,
    watchers: HashMap<u64, Watcher>,
    next: u64,
    by_query: HashMap<QueryId, Vec<u64>>,
    /// What is wrong, for those who begin to watch.
    trouble: Option<News>,
    waiting: Waiting,
}

/// One watcher of one or several queries.
struct Watcher {
    queries: Box<[QueryId]>,
    slot: Arc<Slot>,
    /// Whether a result has changed since the watcher was told.
    outdated: bool,
}

impl Socket {
    pub(super) fn new(
        identity: Identity,
        caller: &Caller<'_>,
        settings: SocketSettings,
        session: byod_sync::SessionId,
    ) -> Self {
        let (client, location) = (caller.client.clone(), caller.location);
        let mut sync = byod_sync::Client::new(session).with_largest_message(settings.message);
        // A socket's first transition has all results, so together they are no larger than a message. Who owns the
        // deployment could keep putting more of them here.
        if location == Location::User {
            sync = sync.with_largest_results(settings.message);
        }
        sync.set_token(client.sync_token());
        Self {
            identity,
            user: caller.user.into(),
            location,
            settings,
            changed: Notify::new(),
            coming: AtomicUsize::new(0),
            progress: watch::Sender::default(),
            state: Mutex::new(State {
                sync,
                client,
                source: None,
                task: None,
                idle: Some(Instant::now()),
                watchers: HashMap::new(),
                next: 0,
                by_query: HashMap::new(),
                trouble: None,
                waiting: Waiting::default(),
            }),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody is about to watch.
    pub(super) fn come(self: &Arc<Self>) -> Coming {
        self.coming.fetch_add(1, Ordering::SeqCst);
        Coming(self.clone())
    }

    /// Whether nothing is watched on it; not while it is busy.
    pub(super) fn is_idle(&self) -> bool {
        let is_idle = |state: MutexGuard<'_, State>| state.idle.is_some();
        self.coming.load(Ordering::SeqCst) == 0 && self.state.try_lock().is_ok_and(is_idle)
    }

    /// Watches the queries for one watcher.
    pub(crate) fn watch(self: &Arc<Self>, queries: Vec<Subscription>) -> Watch {
        let mut state = self.lock();
        let sync = &mut state.sync;
        let queries = queries.into_iter().map(|query| sync.subscribe_to(query));
        let queries: Box<[QueryId]> = queries.collect();
        let slot = Arc::new(Slot::default());
        let id = state.next;
        state.next += 1;
        for query in &queries {
            state.by_query.entry(*query).or_default().push(id);
        }
        if let Some(trouble) = state.trouble.clone() {
            slot.trouble(trouble);
        }
        let mut watcher = Watcher {
            queries,
            slot: slot.clone(),
            outdated: true,
        };
        watcher.tell(&state.sync);
        state.watchers.insert(id, watcher);
        state.idle = None;
        drop(state);
        telemetry::subscriptions(self.location, 1.0);
        self.changed.notify_one();
        Watch {
            socket: self.clone(),
            id,
            slot,
        }
    }

    fn unwatch(&self, id: u64) {
        let mut state = self.lock();
        let Some(watcher) = state.watchers.remove(&id) else {
            return;
        };
        for query in &watcher.queries {
            state.sync.unsubscribe(*query);
            if let Some(watchers) = state.by_query.get_mut(query) {
                watchers.retain(|watcher| *watcher != id);
                if watchers.is_empty() {
                    state.by_query.remove(query);
                }
            }
        }
        if state.watchers.is_empty() {
            state.idle = Some(Instant::now());
        }
        drop(state);
        telemetry::subscriptions(self.location, -1.0);
        self.changed.notify_one();
    }

    /// How far the socket is, and when it goes on.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Runs a mutation, which may be sent again with later sockets. It has ended once results have its writes.
    pub(crate) fn mutate(&self, request: Request) -> Ending {
        self.request(request, true)
    }

    /// Runs an action, which is sent once.
    pub(crate) fn act(&self, request: Request) -> Ending {
        self.request(request, false)
    }

    fn request(&self, request: Request, is_mutation: bool) -> Ending {
        let mut state = self.lock();
        let ending = state.waiting.wait(request.id, is_mutation);
        match is_mutation {
            true => state.sync.mutate(request),
            false => state.sync.act(request),
        }
        drop(state);
        self.changed.notify_one();
        ending
    }

    /// Mutations that have ended, and nobody has taken how.
    pub(crate) fn landed(&self) -> Landed {
        self.lock().waiting.landed()
    }

    /// Takes a message, and tells those who wait what it changed.
    pub(super) fn receive(&self, text: &str) -> Result<(), Broken> {
        let mut state = self.lock();
        state.receive(text)?;
        self.tell_progress(&state);
        Ok(())
    }

    /// The socket has ended, for a reason that is for the deployment's logs.
    pub(super) fn disconnected(&self, reason: &str) {
        let mut state = self.lock();
        let lost = state.sync.disconnected(reason);
        state.waiting.tell(lost);
        self.tell_progress(&state);
    }

    /// Tells those who watch what is wrong.
    pub(super) fn trouble(&self, trouble: News) {
        let mut state = self.lock();
        state.trouble(trouble);
        self.tell_progress(&state);
    }

    fn tell_progress(&self, state: &State) {
        self.progress.send_replace(Progress {
            passed: state.sync.passed(),
            confirmed: state.sync.is_confirmed(),
        });
    }

    /// Waits until all results are of a moment that is not before the present.
    pub(crate) fn caught_up(&self) -> impl Future<Output = ()> + Send + 'static {
        let asked = self.lock().sync.ask_moment();
        let mut progress = self.progress();
        self.changed.notify_one();
        async move {
            // Where the socket has gone for good, nothing comes any more.
            let _ = progress.wait_for(|now| now.passed >= asked).await;
        }
    }

    /// Ends the task that drives it.
    pub(crate) fn end(&self) {
        if let Some(task) = self.lock().task.take() {
            task.abort();
        }
    }

    /// Another token of the same identity. One that runs out before the present one is of no use.
    pub(super) fn set_client(&self, client: &Client, source: Option<&Arc<TokenSource>>) {
        let mut state = self.lock();
        if !runs_out_later(&state.token(), &client.sync_token()) {
            // What was said of another token says nothing about this one.
            let is_new = state.token() != client.sync_token();
            if is_new && matches!(state.trouble, Some(News::Refused(_))) {
                state.trouble = None;
            }
            state.sync.set_token(client.sync_token());
            state.client = client.clone();
        }
        if let Some(source) = source {
            state.source = Some(source.clone());
        }
        drop(state);
        self.changed.notify_one();
    }
}

/// One who is about to watch: the socket is not idle.
pub(super) struct Coming(Arc<Socket>);

impl Deref for Coming {
    type Target = Arc<Socket>;

    fn deref(&self) -> &Arc<Socket> {
        &self.0
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.coming.fetch_sub(1, Ordering::SeqCst);
    }
}

impl State {
    /// Takes a message, and tells those who watch what it changed.
    fn receive(&mut self, text: &str) -> Result<Received, Broken> {
        let mut received = self.sync.receive(text).inspect_err(|_| {
            // Some results may have been taken before the socket was found to be of no use, and are no news on the next.
            for watcher in self.watchers.values_mut() {
                watcher.outdated = true;
            }
        })?;
        self.waiting.tell(std::mem::take(&mut received.completed));
        if received.moment.is_some() {
            for query in &received.changed {
                for id in self.by_query.get(query).into_iter().flatten() {
                    if let Some(watcher) = self.watchers.get_mut(id) {
                        watcher.outdated = true;
                    }
                }
            }
            for query in received.changed.iter().chain(&received.caught_up) {
                for id in self.by_query.get(query).into_iter().flatten() {
                    if let Some(watcher) = self.watchers.get_mut(id) {
                        watcher.tell(&self.sync);
                    }
                }
            }
        }
        Ok(received)
    }

    /// Tells all who watch what is wrong, and those who begin to while it is.
    fn trouble(&mut self, trouble: News) {
        for watcher in self.watchers.values_mut() {
            watcher.slot.trouble(trouble.clone());
            // Who went elsewhere for results is to have these again.
            watcher.outdated = true;
        }
        self.trouble = Some(trouble);
    }

    /// All is well. Who was told otherwise is told the results again.
    pub(super) fn is_well(&mut self) {
        if self.trouble.take().is_none() {
            return;
        }
        for watcher in self.watchers.values_mut() {
            watcher.tell(&self.sync);
        }
    }

    pub(super) fn token(&self) -> Token {
        self.client.sync_token()
    }
}

impl Watcher {
    /// Gives the watcher results that are all of this moment, if any is another one now.
    fn tell(&mut self, sync: &byod_sync::Client) {
        if !self.outdated || !self.queries.iter().all(|query| sync.is_current(*query)) {
            return;
        }
        let latest = |query: &QueryId| {
            Some(Latest {
                result: shared(sync.result(*query)?),
                journal: sync.journal(*query).cloned().flatten(),
                log_lines: sync.log_lines(*query),
            })
        };
        let results = self.queries.iter().map(latest);
        if let Some(results) = results.collect() {
            self.outdated = false;
            self.slot.results(results);
        }
    }
}

/// The same result. Values are shared; messages of errors aren't, and nobody looks at more of them.
fn shared(result: &QueryResult) -> QueryResult {
    const MOST: usize = 64 << 10;
    match result {
        Err(error) if error.message.len() > MOST => Err(FunctionError {
            message: error.message.chars().take(MOST / 4).collect(),
            data: error.data.clone(),
        }),
        other => other.clone(),
    }
}

/// Queries that are watched until it is dropped.
pub(crate) struct Watch {
    socket: Arc<Socket>,
    id: u64,
    slot: Arc<Slot>,
}

impl Watch {
    /// What there is to learn next. Nothing is lost where the future is dropped.
    pub(crate) async fn next(&self) -> News {
        poll_fn(|context| self.slot.poll(context)).await
    }

    /// What there is to learn now.
    pub(crate) fn take(&self) -> Option<News> {
        self.slot.take()
    }

    /// Whether what was learnt, with what there is to learn now, is of the socket's present moment.
    pub(crate) fn is_current(&self) -> bool {
        let state = self.socket.lock();
        let watcher = state.watchers.get(&self.id);
        watcher.is_some_and(|watcher| {
            let mut queries = watcher.queries.iter();
            queries.all(|query| state.sync.is_current(*query))
        })
    }

    /// Waits until what there is to learn is of a moment that is not before the present.
    pub(crate) fn caught_up(&self) -> impl Future<Output = ()> + Send + 'static {
        self.socket.caught_up()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.socket.unwatch(self.id);
    }
}
