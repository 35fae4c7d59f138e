//! Watches queries wherever the user's route leads.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use byod_schema::{FunctionType, Location};
use byod_sync::Json;
use tokio::sync::Notify;
use tokio::time::sleep;
use tracing::Instrument as _;

use super::place::{Given, Place, at, find, leads_to, to_its_end};
use super::polled::{Asked, ask};
use crate::calls::call::Prepared;
use crate::calls::session::Session;
use crate::deployment::answer;
use crate::deployment::sockets::{Latest, News, Watch};
use crate::error::{Deployment, Error};
use crate::routing::{Following, Target};
use crate::telemetry::Watched;

/// The first pause after a route that leads nowhere, and the longest.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(15);

/// Watches queries of one user and one deployment wherever the user's route leads. Nothing happens before the first
/// results are asked for.
pub(super) struct Follower {
    session: Session,
    queries: Vec<Prepared<Json>>,
    /// The query to begin with again on another deployment, where its cursors mean nothing.
    first: Option<Box<Prepared<Json>>>,
    /// The deployment that the last results were of.
    deployment: Option<Deployment>,
    moved: bool,
    /// Whether they are watched on the user's own deployment alone.
    only_own: bool,
    /// That whoever follows has something else in mind.
    nudge: Arc<Notify>,
    following: Option<Following>,
    place: Option<Place>,
    /// The queries that are pages, as they are asked for since it is known where they end on this deployment; each in its
    /// query's place, or none of them.
    ended: Vec<Option<Prepared<Json>>>,
    /// What was watched before, until other queries are.
    former: Option<Watch>,
    /// The error that was given last, in place of results.
    told: Option<String>,
    pause: Duration,
    /// From when it is first asked.
    observed: Option<Watched>,
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
    /// It is time to ask for them.
    Poll,
    /// What they gave, asked for.
    Polled(Vec<Asked>),
    Held(Vec<Asked>),
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
            ended: Vec::new(),
            former: None,
            told: None,
            pause: FIRST,
            observed: None,
        }
    }

    /// Of pages, of which that is the first.
    pub(super) fn of_pages(session: Session, first: Prepared<Json>, nudge: Arc<Notify>) -> Self {
        Self {
            first: Some(Box::new(first.again(&session))),
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
            place.poll_now();
        }
    }

    /// Asks for pages as they are from now on, each in its query's place: where they end is known by now. On another
    /// deployment the queries are asked for as they were.
    pub(super) fn end_pages(&mut self, ended: Vec<Option<Prepared<Json>>>) {
        self.ended = ended;
        let place = self.place.take();
        // Whatever is wrong is found again, and told, by whoever settles.
        self.place = place.and_then(|mut place| {
            let watched = self.as_asked(|queries| place.watch_later(&self.session, queries));
            watched.is_ok().then_some(place)
        });
    }

    /// Where the queries were found last.
    pub(super) fn deployment(&self) -> Option<&Deployment> {
        self.deployment.as_ref()
    }

    /// Does something with the queries as they are asked for now.
    fn as_asked<T>(&self, act: impl FnOnce(&[Prepared<Json>]) -> T) -> T {
        match self.ended.is_empty() {
            true => act(&self.queries),
            false => act(&self.present()),
        }
    }

    /// The queries as they are asked for now.
    fn present(&self) -> Vec<Prepared<Json>> {
        let mut ended = self.ended.iter();
        let present = |query: &Prepared<Json>| {
            let ended = ended.next().and_then(Option::as_ref);
            ended.unwrap_or(query).again(&self.session)
        };
        self.queries.iter().map(present).collect()
    }

    /// Follows other queries from now on, of other functions, too: what each of them needs is found anew.
    pub(super) fn follow_instead(&mut self, queries: Vec<Prepared<Json>>) {
        (self.queries, self.ended) = (queries, Vec::new());
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
        (self.queries, self.ended) = (queries, Vec::new());
        let count = self.count();
        let mut following = self.following.as_mut();
        let has_room = following.as_mut().is_none_or(|it| it.follow_for(count));
        let place = self.place.take().filter(|_| has_room);
        // Whatever is wrong is found again, and told, by whoever settles.
        self.place = place.and_then(|mut place| {
            let watched = place.watch_instead(&self.session, &self.queries, anew);
            watched.is_ok().then_some(place)
        });
    }

    /// What is read of the next results, or the error that there is in their place. It never ends.
    pub(super) async fn next<T>(
        &mut self,
        mut read: impl FnMut(Results) -> Result<T, Error>,
    ) -> Result<T, Error> {
        loop {
            let Some(results) = self.next_unless_nudged().await? else {
                continue;
            };
            let (location, again) = (results.target.location(), results.results.clone());
            let value = read(results);
            if self.stands(again) {
                self.note(Some(location), value.as_ref().err());
                return value;
            }
        }
    }

    /// Whether what was just read of these results may be given: reading takes its time, and the user may have been
    /// disconnected meanwhile. Else they are given once more, if they are still those that there are.
    pub(super) fn stands(&mut self, results: Vec<Asked>) -> bool {
        if !self.has_moved() {
            return true;
        }
        if let Some(place) = &mut self.place {
            (place.held, place.given) = (Some(results), None);
        }
        false
    }

    /// The next results; `None` if whoever follows was nudged.
    pub(super) async fn next_unless_nudged(&mut self) -> Result<Option<Results>, Error> {
        let span = self.observed().span();
        let next = self.next_in_span().instrument(span).await;
        next.inspect_err(|error| self.note(None, Some(error)))
    }

    /// Something is given, of the deployment there: a value, unless it is an error.
    pub(super) fn note(&mut self, at: Option<Location>, error: Option<&Error>) {
        self.observed().given(at, error);
    }

    fn observed(&mut self) -> &mut Watched {
        let queries = &self.queries;
        self.observed.get_or_insert_with(|| {
            let function = |query: &Prepared<Json>| (query.function.table, query.function.path);
            Watched::begin(queries.iter().map(function))
        })
    }

    /// What is seldom done is in boxes: most streams do nothing but wait, and there may be many.
    async fn next_in_span(&mut self) -> Result<Option<Results>, Error> {
        loop {
            if self.place.is_none()
                && let Err(error) = Box::pin(self.settle()).await
            {
                self.former = None;
                if let Some(error) = self.news(error) {
                    return Err(error);
                }
                self.wait().await;
                continue;
            }
            let step = match self.step().await {
                Step::Poll => Box::pin(self.poll()).await,
                step => step,
            };
            let step = match step {
                // Kept until they are given: the socket tells them once.
                Step::News(News::Results(results)) => Step::Held(self.read(&results)),
                step => step,
            };
            if let (Step::Held(results), Some(place)) = (&step, &mut self.place) {
                place.held = Some(results.clone());
            }
            if self.has_moved() || matches!(step, Step::Look) {
                Box::pin(self.look_again()).await;
                continue;
            }
            let results = match step {
                Step::Look | Step::Poll | Step::News(News::Results(_)) => continue,
                Step::Nudge => return Ok(None),
                Step::Held(results) | Step::Polled(results) => results,
                Step::News(News::NoSocket) => {
                    if let Some(place) = &mut self.place {
                        place.begin_polling();
                    }
                    continue;
                }
                Step::News(News::Refused(error)) => {
                    self.observe(&error);
                    if let Some(place) = &mut self.place {
                        place.is_refused();
                    }
                    match self.news(error).filter(|_| !self.has_moved()) {
                        Some(error) => return Err(error),
                        None => continue,
                    }
                }
            };
            let is_claim = |result: &Asked| matches!(result, Err(Error::Claim { .. }));
            let given = match results.iter().position(is_claim) {
                Some(unclaimed) => Box::pin(self.claim(results, unclaimed)).await.map(Err),
                None => self.give(results).map(Ok),
            };
            if let Some(given) = given {
                return given.map(Some);
            }
        }
    }

    /// Finds where the queries are to be watched, and watches them there.
    async fn settle(&mut self) -> Result<(), Error> {
        let byod = self.session.byod().clone();
        let user = self.session.user_id();
        user.check()?;
        let count = self.count();
        if self.following.is_none() {
            let inner = byod.inner();
            self.following = inner.followers.follow(user, count, &inner.rollouts);
        }
        let has_room = self.following.as_mut().is_some_and(|following| {
            // Before anything else: who is refused waits for the next news, too.
            following.look();
            following.follow_for(count)
        });
        if !has_room {
            let first = self.queries.first();
            let path = first.map_or("", |query| query.function.path);
            let context = byod.main_client().context(FunctionType::Query, path);
            let limit = byod.inner().followers.limit;
            let call = context.call();
            return Err(Error::Busy { call, limit });
        }
        let session = self.session.clone();
        self.session = to_its_end(async move { session.renewed().await }).await?;
        let found = find(&self.session, &self.queries).await?;
        let deployment = found.target.deployment();
        if self.only_own && !found.target.is_user() {
            let path = self.queries.first().map_or("", |query| query.function.path);
            let context = found.target.client().context(FunctionType::Query, path);
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
        let last = self.deployment.replace(deployment.clone());
        if last.is_some_and(|last| last != deployment) {
            // Where pages ended elsewhere means nothing here.
            self.ended = Vec::new();
        }
        self.place = Some(self.as_asked(|queries| Place::of(&self.session, queries, found))?);
        self.former = None;
        self.pause = FIRST;
        Ok(())
    }

    /// For how many queries of those that the user may watch it counts. A gateway's clients have limits of their own.
    fn count(&self) -> usize {
        match self.only_own {
            true => 1,
            false => self.queries.len(),
        }
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
        let Ok(found) = find(&self.session, &self.queries).await else {
            return;
        };
        if leads_to(&place.found.target, &found.target) {
            self.as_asked(|queries| place.stay(&self.session, queries, found));
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
            return Step::Held(held);
        }
        tokio::select! {
            biased;
            () = following.changed() => Step::Look,
            news = place.news() => Step::News(news),
            // When it is due: whatever else wakes the stream puts nothing off, and whoever nudges waits for what is asked.
            () = at(place.asked_for_at()) => Step::Poll,
            () = self.nudge.notified() => Step::Nudge,
            () = tokio::time::sleep_until(place.look_again) => Step::Look,
        }
    }

    /// Asks for the queries, unless the socket tells something meanwhile, or the route may be another: a deployment may
    /// take its time.
    async fn poll(&mut self) -> Step {
        let (session, queries) = (self.session.clone(), self.present());
        let mut asked = pin!(to_its_end(async move {
            let session = session.renewed().await.unwrap_or(session);
            (ask(&session, &queries).await, session)
        }));
        loop {
            let (Some(place), Some(following)) = (&mut self.place, &mut self.following) else {
                return Step::Look;
            };
            tokio::select! {
                biased;
                () = following.changed() => return Step::Look,
                news = place.news() => match news {
                    News::NoSocket => {}
                    news => return Step::News(news),
                },
                (asked, session) = &mut asked => {
                    self.session = session;
                    place.journals = Vec::new();
                    place.has_polled(&self.session);
                    let no_room = |asked: &Asked| matches!(asked, Err(Error::Busy { .. }));
                    if asked.iter().any(no_room) {
                        place.found_no_room(&self.session);
                        return Step::Poll;
                    }
                    return Step::Polled(asked);
                }
            }
        }
    }

    /// The results that came on the socket.
    fn read(&mut self, results: &[Latest]) -> Vec<Asked> {
        let Some(place) = &mut self.place else {
            return Vec::new();
        };
        place.polls = false;
        let journals = results.iter().map(|latest| latest.journal.clone());
        place.journals = journals.collect();
        let target = &place.found.target;
        let results = results.iter().zip(&self.queries);
        let results = results.map(|(latest, query)| {
            let context = target.context(FunctionType::Query, query.function);
            let limit = query.limits().answer;
            match &latest.result {
                Ok(value) if value.get().len() > limit => Err(Error::TooLarge {
                    call: context.call(),
                    limit,
                }),
                Ok(value) => Ok(value.clone()),
                Err(error) => {
                    let data = error.data.as_ref().map(Json::raw);
                    Err(answer::failed(&error.message, data, context))
                }
            }
        });
        results.collect()
    }

    /// Claims the deployment, where it is nobody's; the error, if that can't be.
    async fn claim(&mut self, mut results: Vec<Asked>, unclaimed: usize) -> Option<Error> {
        let error = results.swap_remove(unclaimed).err()?;
        let place = self.place.as_mut()?;
        place.held = None;
        let deadline = self.session.byod().main_client().deadline();
        let (session, target) = (self.session.clone(), place.found.target.clone());
        let claim = async move { session.claim(&target, error, deadline).await };
        match to_its_end(claim).await {
            // Asked anew, they are answered.
            Ok(()) => {
                self.place = None;
                self.wait().await;
                None
            }
            Err(error) => self.news(error),
        }
    }

    /// The results, if they are others than those that were given last.
    fn give(&mut self, results: Vec<Asked>) -> Option<Results> {
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            self.observe(error);
        }
        let has_moved = self.has_moved();
        let place = self.place.as_mut()?;
        if has_moved {
            // What was asked for is asked for anew, where it is then.
            place.poll_now();
            return None;
        }
        place.held = None;
        let given: Vec<Given> = results.iter().map(Given::from).collect();
        if self.told.is_none() && place.given.as_ref() == Some(&given) {
            return None;
        }
        place.given = Some(given);
        self.told = None;
        self.session.answered(&place.found.target);
        let age = |(age, read): (Duration, Instant)| age + read.elapsed();
        Some(Results {
            target: place.found.target.clone(),
            results,
            journals: place.journals.clone(),
            moved: std::mem::take(&mut self.moved),
            mirror_age: place.found.copies.map(age),
        })
    }

    fn observe(&self, error: &Error) {
        if let Some(place) = &self.place {
            self.session.observe(&place.found.target, error);
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
