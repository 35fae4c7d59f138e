//! Watches queries wherever the user's route leads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use byod_schema::FunctionType;
use byod_sync::{Json, Subscription};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::polled::{Asked, ask};
use crate::calls::call::Prepared;
use crate::calls::session::Session;
use crate::codec::FunctionInfo;
use crate::deployment::sockets::{Caller, Latest, News, Watch};
use crate::deployment::{CallContext, answer};
use crate::error::{Deployment, Error};
use crate::routing::{Following, Target, Wanted};

/// The first pause after a route that leads nowhere, and the longest.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(15);

/// Watches queries of one user and one deployment wherever the user's route leads. Nothing happens before the first
/// results are asked for.
pub(super) struct Follower {
    session: Session,
    queries: Vec<Prepared<Json>>,
    /// The query to begin with again on another deployment, where its cursors mean nothing.
    first: Option<Prepared<Json>>,
    /// The deployment that the last results were of.
    deployment: Option<Deployment>,
    moved: bool,
    /// Whether they are watched on the user's own deployment alone.
    only_own: bool,
    /// That whoever follows has something else in mind.
    nudge: Arc<Notify>,
    following: Option<Following>,
    place: Option<Place>,
    /// What was watched before, until other queries are.
    former: Option<Watch>,
    /// The error that was given last, in place of results.
    told: Option<String>,
    pause: Duration,
}

/// Where they are watched now.
struct Place {
    target: Target,
    /// `None` where there are as many sockets as there may be.
    watch: Option<Watch>,
    /// Whether they are asked for, for want of a socket.
    polls: bool,
    /// When to look at the route again.
    look_again: tokio::time::Instant,
    copies: Option<(Duration, Instant)>,
    /// What came on the socket and has not been given yet.
    held: Option<Box<[Latest]>>,
    /// Where the pages end of what came last on the socket.
    journals: Vec<Option<String>>,
    /// What was given last.
    given: Option<Vec<Given>>,
}

/// What a query gave, as it can be compared.
#[derive(PartialEq)]
enum Given {
    Value(Json),
    Error(String),
}

/// New results, all of one moment.
pub(super) struct Results {
    pub(super) target: Target,
    pub(super) results: Vec<Asked>,
    /// Where their pages end; empty where that isn't known.
    pub(super) journals: Vec<Option<String>>,
    /// Whether they are of another deployment than the last ones, and of the first page alone.
    pub(super) moved: bool,
    /// How old the copies are that they were made of, if they were.
    pub(super) mirror_age: Option<Duration>,
}

enum Step {
    Look,
    Nudge,
    Poll,
    News(News),
}

impl Follower {
    pub(super) fn new(session: Session, queries: Vec<Prepared<Json>>) -> Self {
        Self {
            session,
            queries,
            first: None,
            deployment: None,
            moved: false,
            only_own: false,
            nudge: Arc::default(),
            following: None,
            place: None,
            former: None,
            told: None,
            pause: FIRST,
        }
    }

    /// Of pages, of which that is the first.
    pub(super) fn of_pages(session: Session, first: Prepared<Json>, nudge: Arc<Notify>) -> Self {
        Self {
            first: Some(first.again(&session)),
            nudge,
            ..Self::new(session, vec![first])
        }
    }

    /// On the user's own deployment alone: where they have none it is [`Error::DeploymentChanged`].
    pub(super) fn on_own(session: Session, nudge: Arc<Notify>) -> Self {
        Self {
            only_own: true,
            nudge,
            ..Self::new(session, Vec::new())
        }
    }

    /// Waits until the results that are given next are of a moment that is not before the present; `None` where there is no
    /// socket to wait for.
    pub(super) fn caught_up(&self) -> Option<impl Future<Output = ()> + Send + 'static> {
        let place = self.place.as_ref().filter(|place| !place.polls)?;
        place.watch.as_ref().map(Watch::caught_up)
    }

    /// Asks now for what is asked for from time to time.
    pub(super) fn poll_now(&mut self) {
        if let Some(place) = &mut self.place {
            place.given = None;
        }
    }

    /// Follows other queries from now on, of other functions, too: what each of them needs is found anew.
    pub(super) fn follow_instead(&mut self, queries: Vec<Prepared<Json>>) {
        self.queries = queries;
        if let Some(place) = self.place.take() {
            self.former = place.watch;
        }
    }

    /// Whether it asks from time to time, and has not yet asked for what it is to follow.
    pub(super) fn is_asking(&self) -> bool {
        let place = self.place.as_ref();
        place.is_some_and(|place| place.polls && place.given.is_none())
    }

    /// Watches other queries from now on; those that it watched already go on, unless `anew`.
    pub(super) fn watch_instead(&mut self, queries: Vec<Prepared<Json>>, anew: bool) {
        self.queries = queries;
        let Some(mut place) = self.place.take() else {
            return;
        };
        if anew {
            place.watch = None;
        }
        // Whatever is wrong is found again, and told, by whoever settles.
        if let Ok(subscriptions) = self.subscriptions(&place.target) {
            // The former ones end after these have begun.
            place.watch = self.watch(&place.target, subscriptions);
            place.polls = place.watch.is_none() || place.polls;
            (place.held, place.given) = (None, None);
            place.journals = Vec::new();
            self.place = Some(place);
        }
    }

    /// The next results, or the error that there is in their place. It never ends.
    pub(super) async fn next(&mut self) -> Result<Results, Error> {
        loop {
            if let Some(results) = self.next_unless_nudged().await? {
                return Ok(results);
            }
        }
    }

    /// The same; `None` if whoever follows was nudged.
    pub(super) async fn next_unless_nudged(&mut self) -> Result<Option<Results>, Error> {
        loop {
            if self.place.is_none()
                && let Err(error) = self.settle().await
            {
                self.former = None;
                if let Some(error) = self.news(error) {
                    return Err(error);
                }
                self.wait().await;
                continue;
            }
            let step = self.step().await;
            // Kept until they are given: the socket tells them once.
            if let (Step::News(News::Results(results)), Some(place)) = (&step, &mut self.place) {
                place.held = Some(results.clone());
            }
            if self.has_moved() || matches!(step, Step::Look) {
                self.look_again().await;
                continue;
            }
            let results = match step {
                Step::Look => continue,
                Step::Nudge => return Ok(None),
                Step::Poll => self.poll().await,
                Step::News(News::Results(results)) => self.read(&results),
                Step::News(News::NoSocket) => {
                    self.begin_polling();
                    continue;
                }
                Step::News(News::Refused(error)) => {
                    self.observe(&error);
                    match self.news(error).filter(|_| !self.has_moved()) {
                        Some(error) => return Err(error),
                        None => continue,
                    }
                }
            };
            match self.give(results).await {
                Some(result) => return result.map(Some),
                None => continue,
            }
        }
    }

    /// Finds where the queries are to be watched, and watches them there.
    async fn settle(&mut self) -> Result<(), Error> {
        let byod = self.session.byod().clone();
        let user = self.session.user_id();
        user.check()?;
        if self.following.is_none() {
            let inner = byod.inner();
            self.following = inner.followers.follow(user, &inner.rollouts);
        }
        let Some(following) = &mut self.following else {
            let first = self.queries.first();
            let path = first.map_or("", |query| query.function.path);
            let context = byod.main_client().context(FunctionType::Query, path);
            let limit = byod.inner().followers.limit;
            let call = context.call();
            return Err(Error::Busy { call, limit });
        };
        following.look();
        let session = self.session.clone();
        self.session = to_its_end(async move { session.renewed().await }).await?;
        let (target, copies) = self.target().await?;
        let deployment = target.deployment();
        if self.only_own && !target.is_user() {
            let path = self.queries.first().map_or("", |query| query.function.path);
            let context = target.client().context(FunctionType::Query, path);
            return Err(Error::DeploymentChanged {
                call: context.call(),
                before: Box::new(deployment),
            });
        }
        if let Some(first) = &self.first
            && self
                .deployment
                .as_ref()
                .is_some_and(|last| *last != deployment)
        {
            self.queries = vec![first.again(&self.session)];
            self.moved = true;
        }
        self.deployment = Some(deployment);
        let subscriptions = self.subscriptions(&target)?;
        let watch = self.watch(&target, subscriptions);
        self.place = Some(Place {
            look_again: self.due(),
            polls: watch.is_none(),
            watch,
            target,
            copies,
            held: None,
            journals: Vec::new(),
            given: None,
        });
        self.former = None;
        self.pause = FIRST;
        Ok(())
    }

    fn watch(&self, target: &Target, subscriptions: Vec<Subscription>) -> Option<Watch> {
        let caller = Caller {
            client: target.client(),
            location: target.location(),
            source: self.session.source().filter(|_| !target.is_user()),
        };
        let sockets = &self.session.byod().inner().sockets;
        sockets.watch(&caller, subscriptions)
    }

    /// Where all of them go, with how old the copies there are that they read.
    async fn target(&self) -> Result<(Target, Option<(Duration, Instant)>), Error> {
        let functions = self.queries.iter().map(|query| query.function).collect();
        to_its_end(find(self.session.clone(), functions)).await
    }

    fn subscriptions(&self, target: &Target) -> Result<Vec<Subscription>, Error> {
        let subscription = |query: &Prepared<Json>| {
            let path = query.function.path;
            let context = target.client().context(FunctionType::Query, path);
            let body = query.again(&self.session).finish(target, context)?;
            let args = body.get(query.function.head.len()..body.len().saturating_sub(1));
            let args = args.and_then(|args| str::from_utf8(args).ok());
            let args = Json::parse(format!("[{}]", args.unwrap_or_default()));
            Ok(Subscription {
                path: path.to_owned(),
                args: args.map_err(|error| context.encode(error))?,
                component_path: None,
                journal: query.options.journal.clone().map(Some),
            })
        };
        self.queries.iter().map(subscription).collect()
    }

    /// When to look at the route again, though nobody says that it has changed.
    fn due(&self) -> tokio::time::Instant {
        let live = &self.session.byod().inner().live;
        let reads_copies = self
            .queries
            .iter()
            .any(|query| !query.function.mirror.is_empty());
        let pause = match reads_copies {
            true => live.route.min(live.copies),
            false => live.route,
        };
        tokio::time::Instant::now() + pause
    }

    fn has_moved(&self) -> bool {
        let following = self.following.as_ref();
        following.is_some_and(Following::may_have_changed)
    }

    /// Stays where the queries are watched, if the route still leads there.
    async fn look_again(&mut self) {
        let Some(mut place) = self.place.take() else {
            return;
        };
        if let Some(following) = &mut self.following {
            following.look();
        }
        // Whatever is wrong is found again, and told, by whoever settles.
        let Ok((target, copies)) = self.target().await else {
            return;
        };
        if leads_to(&place.target, &target) {
            // There may be room for a socket by now.
            if place.watch.is_none()
                && let Ok(subscriptions) = self.subscriptions(&place.target)
            {
                place.watch = self.watch(&place.target, subscriptions);
            }
            place.look_again = self.due();
            place.copies = copies;
            self.place = Some(place);
        }
    }

    /// Waits before looking for a way again.
    async fn wait(&mut self) {
        let pause = sleep(self.pause);
        self.pause = (self.pause * 2).min(LONGEST);
        match &mut self.following {
            Some(following) => {
                tokio::select! {
                    () = pause => {}
                    () = following.changed() => self.pause = FIRST,
                }
            }
            None => pause.await,
        }
    }

    async fn step(&mut self) -> Step {
        let (Some(place), Some(following)) = (&mut self.place, &mut self.following) else {
            return Step::Look;
        };
        if let Some(held) = place.held.take_if(|_| !following.may_have_changed()) {
            return Step::News(News::Results(held));
        }
        let every = self.session.byod().inner().live.poll;
        // What was never given is asked for at once.
        let poll = place.given.as_ref().map_or(Duration::ZERO, |_| every);
        let news = async {
            match &place.watch {
                Some(watch) => watch.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = following.changed() => Step::Look,
            news = news => Step::News(news),
            () = self.nudge.notified() => Step::Nudge,
            () = tokio::time::sleep_until(place.look_again) => Step::Look,
            () = sleep(poll), if place.polls => Step::Poll,
        }
    }

    fn begin_polling(&mut self) {
        if let Some(place) = &mut self.place {
            place.polls = true;
        }
    }

    async fn poll(&mut self) -> Vec<Asked> {
        if let Some(place) = &mut self.place {
            place.journals = Vec::new();
        }
        let session = self.session.clone();
        let queries: Vec<_> = self
            .queries
            .iter()
            .map(|query| query.again(&session))
            .collect();
        let asked = to_its_end(async move {
            let session = session.renewed().await.unwrap_or(session);
            (ask(&session, &queries).await, session)
        });
        let (asked, session) = Box::pin(asked).await;
        self.session = session;
        asked
    }

    /// The results that came on the socket.
    fn read(&mut self, results: &[Latest]) -> Vec<Asked> {
        let Some(place) = &mut self.place else {
            return Vec::new();
        };
        place.polls = false;
        place.journals = results
            .iter()
            .map(|latest| latest.journal.clone())
            .collect();
        let context = |query: &Prepared<Json>| -> CallContext<'_> {
            place
                .target
                .client()
                .context(FunctionType::Query, query.function.path)
        };
        let results = results.iter().zip(&self.queries);
        let results = results.map(|(latest, query)| match &latest.result {
            Ok(value) => {
                let limit = query.limits().answer;
                match value.get().len() > limit {
                    true => Err(Error::TooLarge {
                        call: context(query).call(),
                        limit,
                    }),
                    false => Ok(value.clone()),
                }
            }
            Err(error) => {
                let data = error.data.as_ref().map(Json::raw);
                Err(answer::failed(&error.message, data, context(query)))
            }
        });
        results.collect()
    }

    /// The results, if they are others than those that were given last.
    async fn give(&mut self, results: Vec<Asked>) -> Option<Result<Results, Error>> {
        let errors = results.iter().filter_map(|result| result.as_ref().err());
        let claim = errors
            .clone()
            .find(|error| matches!(error, Error::Claim { .. }));
        if let (Some(error), Some(place)) = (claim, &mut self.place) {
            place.held = None;
            let deadline = self.session.byod().main_client().deadline();
            let (session, target) = (self.session.clone(), place.target.clone());
            let error = error.clone();
            let claim = async move { session.claim(&target, error, deadline).await };
            match to_its_end(claim).await {
                // Asked anew, they are answered.
                Ok(()) => {
                    self.place = None;
                    self.wait().await;
                }
                Err(error) => return self.news(error).map(Err),
            }
            return None;
        }
        for error in errors {
            self.observe(error);
        }
        if self.has_moved() {
            return None;
        }
        let place = self.place.as_mut()?;
        place.held = None;
        let given: Vec<Given> = results
            .iter()
            .map(|result| match result {
                Ok(value) => Given::Value(value.clone()),
                Err(error) => Given::Error(error.to_string()),
            })
            .collect();
        if self.told.is_none() && place.given.as_ref() == Some(&given) {
            return None;
        }
        place.given = Some(given);
        self.told = None;
        self.session.answered(&place.target);
        Some(Ok(Results {
            target: place.target.clone(),
            results,
            journals: place.journals.clone(),
            moved: std::mem::take(&mut self.moved),
            mirror_age: place.copies.map(|(age, read)| age + read.elapsed()),
        }))
    }

    fn observe(&self, error: &Error) {
        if let Some(place) = &self.place {
            self.session.observe(&place.target, error);
        }
    }

    /// The error, unless it is the one that was given last.
    fn news(&mut self, error: Error) -> Option<Error> {
        let text = error.to_string();
        if self.told.as_ref() == Some(&text) {
            return None;
        }
        self.told = Some(text);
        Some(error)
    }
}

/// Where all functions go, with how old the copies there are that they read.
async fn find(
    session: Session,
    functions: Vec<&'static FunctionInfo>,
) -> Result<(Target, Option<(Duration, Instant)>), Error> {
    let mut found: Option<Target> = None;
    let mut copies = None;
    for function in functions {
        let deadline = session.byod().main_client().deadline();
        let wanted = Wanted::of(function, FunctionType::Query);
        let target = match session.known_target(wanted, deadline)? {
            Some(target) => target,
            None => session.target(wanted, None, deadline).await?,
        };
        let context = target.client().context(FunctionType::Query, function.path);
        if let Some(found) = found.as_ref().filter(|found| !leads_to(found, &target)) {
            return Err(Error::DeploymentChanged {
                call: context.call(),
                before: Box::new(found.deployment()),
            });
        }
        let age = session.copies(function, &target, context, deadline).await;
        let age = age.inspect_err(|error| session.observe_copies(&target, error))?;
        copies = copies.max(age);
        found = Some(target);
    }
    let nothing = || Error::argument("nothing is watched: give at least one query");
    let copies = copies.map(|age| (age, Instant::now()));
    Ok((found.ok_or_else(nothing)?, copies))
}

/// Does work in a task of its own, for a stream may be left for a long time without being polled, and others wait for
/// what it has begun: the read of a record, a place among a deployment's calls. It ends with the stream.
async fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut task = JoinSet::new();
    task.spawn(work);
    match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(error)) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends.
            Err(_) => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

/// Whether both are one deployment, called with the same key.
fn leads_to(one: &Target, other: &Target) -> bool {
    match (one, other) {
        (Target::Main(_), Target::Main(_)) => true,
        (Target::User(one), Target::User(other)) => {
            one.fingerprint == other.fingerprint && one.client.url() == other.client.url()
        }
        _ => false,
    }
}
