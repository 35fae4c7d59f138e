//! The deployments as one client watches them.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use byod_runtime::relay::{Route, check_own, runs_at};
use byod_runtime::{Deployment, Error, FunctionType};
use byod_sync::server::{Answer, Moment, Stop, View};
use byod_sync::{Query, QueryId, Request, SessionId, Timestamp, Token};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::caller::{Caller, User, becomes_known, expired, stop};
use super::clock::Clock;
use super::held::{Change, Queries};
use super::main_side::MainSide;
use super::nobody::Nobody;
use super::own_side::{OwnSide, Taken};
use super::requests::{Asked, told};
use super::shared::Shared;
use super::side::Side;
use crate::state::Gateway;

/// How long a transition waits for a side that has no results yet; after that it goes without.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long changes of the user's deployment wait for a mutation that runs there, so that its answer comes with what it wrote.
const HOLD: Duration = Duration::from_secs(1);

/// The first pause after main couldn't say where a user's functions run, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

/// What one client watches, and who it is.
pub(super) struct ClientView {
    gateway: Gateway,
    /// The client, over all its sockets; it says so before anything else.
    client: SessionId,
    caller: Caller,
    nobody: Nobody,
    queries: Queries,
    /// `None` until something is asked of main.
    main: Option<MainSide>,
    own: OwnSide,
    /// Finds out where queries run.
    looking: Option<JoinSet<Vec<Found>>>,
    /// When to look again, where that couldn't be found out, and how long that takes next time.
    again: Option<Instant>,
    pause: Duration,
    /// Since when a transition is owed.
    owed_since: Option<Instant>,
    sent: Timestamp,
    shared: Arc<Shared>,
    main_host: Arc<str>,
}

type Found = (QueryId, Result<Deployment, Error>);

/// What the client can be told.
struct Known {
    /// Whether all queries have results.
    all: bool,
    /// Whether those on main have, of its present moment.
    of_main: bool,
}

impl ClientView {
    pub(super) fn new(gateway: Gateway) -> Self {
        let url = gateway.byod.main_client().url();
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        let time = gateway.settings.authentication_time;
        Self {
            nobody: Nobody::new(gateway.nobodys_sockets.clone(), time),
            main_host: host.into(),
            gateway,
            client: SessionId::from_random([0; 16]),
            caller: Caller::default(),
            queries: Queries::default(),
            main: None,
            own: OwnSide::default(),
            looking: None,
            again: None,
            pause: PAUSES.0,
            owed_since: None,
            sent: Timestamp::ZERO,
            shared: Arc::default(),
        }
    }

    fn user(&self) -> Option<String> {
        let session = self.caller.session.as_ref()?;
        Some(session.user_id().as_str().to_owned())
    }

    fn main(&mut self) -> &mut MainSide {
        let (byod, client, shared) = (&self.gateway.byod, self.client, &self.shared);
        self.main.get_or_insert_with(|| {
            let main = MainSide::open(byod, None, client);
            shared.has_main(&main.line);
            main
        })
    }

    fn asked(&mut self, client: SessionId, request: Request) -> Asked {
        Asked {
            client,
            request,
            session: self.caller.session.clone(),
            gateway: self.gateway.clone(),
            stranger: self.caller.token.clone(),
            line: self.main().line.clone(),
            shared: self.shared.clone(),
            main: self.main_host.clone(),
        }
    }

    /// The route may be another: nothing of the user's deployment is told until it is known where queries run now.
    fn look_again(&mut self) {
        // What is found from now on is of after this.
        if let Some(route) = &mut self.caller.route {
            route.look();
        }
        self.queries.doubt();
        self.looking = None;
        self.again = None;
    }

    /// Main knows a user of the token by now.
    fn is_user(&mut self, user: User) {
        self.caller.is(user);
        self.nobody.leave();
        self.look_again();
    }

    /// Begins to find out where those queries run of which that isn't known.
    fn look(&mut self) {
        if self.looking.is_some() || self.again.is_some() || !self.queries.any_doubtful() {
            return;
        }
        // Components are for who has a deploy key; main says so.
        for id in self.queries.of_components() {
            self.runs_at(id, Side::Main);
        }
        let doubtful = self.queries.doubtful();
        let Some(session) = &self.caller.session else {
            for (id, ..) in doubtful {
                self.runs_at(id, Side::Main);
            }
            return;
        };
        let session = session.clone();
        let mut looking = JoinSet::new();
        looking.spawn(async move {
            let mut found = Vec::with_capacity(doubtful.len());
            for (id, path, args) in doubtful {
                let mut runs = runs_at(&session, &path, FunctionType::Query).await;
                if runs.as_ref().is_ok_and(Deployment::is_user)
                    && let Err(error) = check_own(&session, &path, &args)
                {
                    runs = Err(error);
                }
                found.push((id, runs));
            }
            found
        });
        self.looking = Some(looking);
    }

    fn found(&mut self, found: Option<Vec<Found>>) {
        self.looking = None;
        self.own.again = true;
        let Some(found) = found else {
            self.again = Some(Instant::now() + PAUSES.1);
            return;
        };
        for (id, found) in found {
            match found {
                Ok(deployment) => self.runs_at(id, Side::of(&deployment)),
                // Main couldn't be asked: it stays where it is.
                Err(error) if error.is_retryable() => {
                    self.again = Some(Instant::now() + self.pause);
                }
                Err(error) => {
                    let error = told(&error, &self.main_host);
                    let before = self.queries.runs_nowhere(id, error);
                    self.is_outdated(before);
                }
            }
        }
        self.pause = match self.again {
            Some(_) => (self.pause * 2).min(PAUSES.1),
            None => PAUSES.0,
        };
    }

    fn runs_at(&mut self, id: QueryId, side: Side) {
        let Change { left, came } = self.queries.runs_at(id, side);
        self.is_outdated(left);
        self.is_outdated(came);
    }

    /// On that side, there is one query more or less.
    fn is_outdated(&mut self, side: Option<Side>) {
        match side {
            Some(Side::Main) => self.main().outdated = true,
            Some(Side::Own(_)) => self.own.outdated = true,
            None => {}
        }
    }

    /// Watches what is to be watched, and takes what is new.
    fn take(&mut self, owed: bool) -> Result<Known, Stop> {
        if let Some(main) = &mut self.main {
            main.watch(&self.queries);
        }
        if let Some(session) = &self.caller.session {
            self.own.watch(session, &self.queries, &self.shared);
        }
        let of_main = match &mut self.main {
            Some(main) => main.take(&mut self.queries).map_err(|error| stop(&error))?,
            None => true,
        };
        let taken = match !owed && self.held_until().is_some() {
            true => Taken::NotYet,
            false => self.own.take(&mut self.queries, &self.main_host),
        };
        if taken == Taken::Moved {
            self.look_again();
            // Nothing else may wake the client for a while.
            self.look();
        }
        let found = !self.queries.any_doubtful();
        Ok(Known {
            all: of_main && taken == Taken::All && found,
            of_main,
        })
    }

    /// Until when the user's deployment's changes wait for a mutation that runs there.
    fn held_until(&self) -> Option<Instant> {
        let until = self.shared.under_way_since()? + HOLD;
        (until > Instant::now()).then_some(until)
    }

    fn is_due(&mut self, owed: bool, known: &Known) -> bool {
        // Its answer comes first, with what it wrote.
        let landed = self
            .main
            .as_ref()
            .is_some_and(|main| main.line.has_landed());
        if landed {
            return false;
        }
        if !owed {
            return self.queries.has_news();
        }
        let since = *self.owed_since.get_or_insert_with(Instant::now);
        let main_owes = self.shared.owed_of_main() > self.sent;
        known.all || (since.elapsed() >= PATIENCE && (known.of_main || !main_owes))
    }
}

impl View for ClientView {
    fn connected(&mut self, session: SessionId, max_observed: Option<Timestamp>) {
        self.client = session;
        if let Some(observed) = max_observed.filter(|observed| *observed <= Clock::latest()) {
            self.shared.clock.has_been(observed);
        }
    }

    fn latest(&self) -> Timestamp {
        Clock::latest()
    }

    async fn authenticate(&mut self, token: Token) -> Result<(), Stop> {
        let former = self.user();
        // Whatever was of somebody else goes before anything is asked.
        self.look_again();
        self.queries.forget();
        self.own = OwnSide::default();
        self.shared.watches_own(None);
        self.main = None;
        self.caller = Caller::default();
        match token {
            Token::None => {}
            Token::User(token) => {
                let Self {
                    gateway,
                    client,
                    shared,
                    ..
                } = self;
                let (caller, main) = Caller::of_token(gateway, &token, *client, shared).await?;
                self.caller = caller;
                shared.has_main(&main.line);
                self.main = Some(main);
            }
            Token::Admin { .. } => {
                let message = "The gateway takes users' tokens alone, no deploy keys.".to_owned();
                return Err(Stop::Refused(message));
            }
        }
        let user = self.user();
        if user.is_some() {
            self.nobody.leave();
        }
        self.queries.pass(former.as_deref(), user.as_deref());
        Ok(())
    }

    fn add(&mut self, query: Query) {
        self.queries.add(query);
    }

    fn remove(&mut self, id: QueryId) {
        let side = self.queries.remove(id);
        self.is_outdated(side);
    }

    async fn ready(&mut self, owed: Option<Timestamp>) -> Result<(), Stop> {
        let owed = owed.is_some();
        loop {
            let route = self.caller.route.as_ref();
            if route.is_some_and(|route| route.may_have_changed()) {
                self.look_again();
            }
            self.look();
            let known = self.take(owed)?;
            if self.is_due(owed, &known) {
                return Ok(());
            }
            let overdue = self.owed_since.filter(|_| owed);
            let overdue = overdue.map(|since| since + PATIENCE);
            let overdue = overdue.filter(|overdue| *overdue > Instant::now());
            let held = self.held_until();
            let again = self.again;
            let Self {
                caller,
                nobody,
                looking,
                main,
                own,
                ..
            } = self;
            tokio::select! {
                stop = ends(caller.expires, nobody, caller.session.is_none()) => return Err(stop),
                () = route_changed(&mut caller.route) => self.look_again(),
                found = found(looking) => self.found(found),
                user = becomes_known(&mut caller.becoming) => self.is_user(user?),
                () = main_changed(main) => {}
                () = own.changed(), if held.is_none() => {}
                () = at(overdue) => {}
                () = at(held) => {}
                () = at(again) => self.again = None,
            }
        }
    }

    async fn ends(&mut self) -> Stop {
        let is_nobody = self.caller.session.is_none();
        ends(self.caller.expires, &mut self.nobody, is_nobody).await
    }

    async fn advance(&mut self) -> Moment {
        let route = self.caller.route.as_ref();
        if route.is_some_and(|route| route.may_have_changed()) {
            self.look_again();
        }
        let ts = self.shared.clock.next();
        (self.owed_since, self.sent) = (None, ts);
        let results = self.queries.take_news();
        Moment { ts, results }
    }

    fn mutate(
        &mut self,
        session: SessionId,
        request: Request,
    ) -> impl Future<Output = Result<Answer, Stop>> + Send + 'static {
        self.asked(session, request).mutate()
    }

    fn act(
        &mut self,
        session: SessionId,
        request: Request,
    ) -> impl Future<Output = Result<Answer, Stop>> + Send + 'static {
        self.asked(session, request).act()
    }
}

/// Waits until the client's token has run out, or it is nobody and may not be here.
async fn ends(expires: Option<f64>, nobody: &mut Nobody, is_nobody: bool) -> Stop {
    tokio::select! {
        stop = expired(expires) => stop,
        stop = nobody.has_no_place(), if is_nobody => stop,
    }
}

async fn route_changed(route: &mut Option<Route>) {
    match route {
        Some(route) => route.changed().await,
        None => pending().await,
    }
}

/// Where queries run; `None` where that came to nothing.
async fn found(looking: &mut Option<JoinSet<Vec<Found>>>) -> Option<Vec<Found>> {
    match looking {
        Some(looking) => looking.join_next().await?.ok(),
        None => pending().await,
    }
}

async fn main_changed(main: &mut Option<MainSide>) {
    match main {
        Some(main) => main.changed().await,
        None => pending().await,
    }
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => pending().await,
    }
}
