//! Where queries are watched: where the user's route leads, by a socket or without.

use std::time::{Duration, Instant};

use byod_schema::FunctionType;
use byod_sync::{Json, Subscription};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::polled::Asked;
use crate::calls::call::Prepared;
use crate::calls::session::Session;
use crate::codec::FunctionInfo;
use crate::deployment::sockets::{Caller, News, Watch};
use crate::error::Error;
use crate::routing::{Target, Wanted};

/// When a socket is late with the first value, so that it is asked for: one may be open and pass nothing.
const LATE: Duration = Duration::from_secs(3);

/// A deployment, and how old the copies there are that the queries read, if they read any.
pub(super) struct Found {
    pub(super) target: Target,
    pub(super) copies: Option<(Duration, Instant)>,
}

/// Where queries are watched now.
pub(super) struct Place {
    pub(super) found: Found,
    /// `None` where there are as many sockets as there may be.
    pub(super) watch: Option<Watch>,
    /// Whether they are asked for, for want of a socket.
    pub(super) polls: bool,
    /// When they are asked for next; `None` where the deployment has said that it refuses who calls.
    pub(super) poll_at: Option<tokio::time::Instant>,
    /// When to look at the route again, though nobody says that it has changed.
    pub(super) look_again: tokio::time::Instant,
    /// What came and has not been given yet.
    pub(super) held: Option<Vec<Asked>>,
    /// Where the pages end of what came last on the socket.
    pub(super) journals: Vec<Option<String>>,
    /// What was given last.
    pub(super) given: Option<Vec<Given>>,
}

/// What a query gave, as it can be compared.
#[derive(PartialEq)]
pub(super) enum Given {
    Value(Json),
    Error(String),
}

impl Place {
    /// Watches the queries there.
    pub(super) fn of(
        session: &Session,
        queries: &[Prepared<Json>],
        found: Found,
    ) -> Result<Self, Error> {
        let watch = watch(session, queries, &found.target)?;
        let polls = watch.is_none();
        Ok(Self {
            look_again: due(session, queries),
            polls,
            poll_at: first_poll(polls),
            watch,
            found,
            held: None,
            journals: Vec::new(),
            given: None,
        })
    }

    /// Watches other queries there, of which those that were watched already go on, unless `anew`.
    pub(super) fn watch_instead(
        &mut self,
        session: &Session,
        queries: &[Prepared<Json>],
        anew: bool,
    ) -> Result<(), Error> {
        if anew {
            self.watch = None;
        }
        // The former ones end after these have begun.
        self.watch = watch(session, queries, &self.found.target)?;
        self.polls = self.watch.is_none() || self.polls;
        (self.held, self.given) = (None, None);
        self.journals = Vec::new();
        self.poll_at = first_poll(self.polls);
        Ok(())
    }

    /// Has the socket that there may be one day watch those. What is asked for meanwhile is not asked for anew.
    pub(super) fn watch_later(
        &mut self,
        session: &Session,
        queries: &[Prepared<Json>],
    ) -> Result<(), Error> {
        self.watch = watch(session, queries, &self.found.target)?;
        Ok(())
    }

    /// What the socket tells.
    pub(super) async fn news(&self) -> News {
        match &self.watch {
            Some(watch) => watch.next().await,
            None => std::future::pending().await,
        }
    }

    /// When the queries are asked for, if they are: for want of a socket, and where one gives no first value.
    pub(super) fn asked_for_at(&self) -> Option<tokio::time::Instant> {
        let asks = self.polls || self.given.is_none();
        self.poll_at.filter(|_| asks)
    }

    /// There is no socket.
    pub(super) fn begin_polling(&mut self) {
        if !self.polls || self.given.is_none() {
            self.poll_at = Some(tokio::time::Instant::now());
        }
        self.polls = true;
    }

    /// The deployment refuses who calls: it would by HTTP, too.
    pub(super) fn is_refused(&mut self) {
        self.polls = false;
        self.poll_at = None;
    }

    /// Asks at once for what is asked for from time to time.
    pub(super) fn poll_now(&mut self) {
        if self.polls {
            self.given = None;
            self.poll_at = Some(tokio::time::Instant::now());
        }
    }

    /// The queries were asked for.
    pub(super) fn has_polled(&mut self, session: &Session) {
        self.polls = true;
        self.poll_again_in(session.byod().inner().live.poll);
    }

    /// There was no room for asking: others ask now, and so will these.
    pub(super) fn found_no_room(&mut self, session: &Session) {
        let poll = session.byod().inner().live.poll;
        self.poll_again_in(poll.mul_f64(fastrand::f64()));
    }

    fn poll_again_in(&mut self, pause: Duration) {
        self.poll_at = Some(tokio::time::Instant::now() + pause);
    }

    /// Goes on there, which is where the route still leads.
    pub(super) fn stay(&mut self, session: &Session, queries: &[Prepared<Json>], found: Found) {
        // There may be room for a socket by now.
        if self.watch.is_none() {
            self.watch = watch(session, queries, &self.found.target).unwrap_or_default();
        }
        self.look_again = due(session, queries);
        self.found.copies = found.copies;
    }
}

impl From<&Asked> for Given {
    fn from(asked: &Asked) -> Self {
        match asked {
            Ok(value) => Self::Value(value.clone()),
            Err(error) => Self::Error(error.to_string()),
        }
    }
}

/// Watches them by a socket, if there may be another one.
fn watch(
    session: &Session,
    queries: &[Prepared<Json>],
    target: &Target,
) -> Result<Option<Watch>, Error> {
    let caller = Caller {
        client: target.client(),
        user: session.user_id().as_str(),
        location: target.location(),
        source: session.source().filter(|_| !target.is_user()),
    };
    let subscriptions = queries
        .iter()
        .map(|query| subscription(session, query, target));
    let subscriptions = subscriptions.collect::<Result<_, _>>()?;
    let sockets = &session.byod().inner().sockets;
    Ok(sockets.watch(&caller, subscriptions))
}

fn subscription(
    session: &Session,
    query: &Prepared<Json>,
    target: &Target,
) -> Result<Subscription, Error> {
    let context = target.context(FunctionType::Query, query.function);
    let body = query.again(session).finish(target, context)?;
    let args = body.get(query.function.head.len()..body.len().saturating_sub(1));
    let args = args.and_then(|args| str::from_utf8(args).ok());
    let args = Json::parse(format!("[{}]", args.unwrap_or_default()));
    Ok(Subscription {
        path: query.function.path.to_owned(),
        args: args.map_err(|error| context.encode(error))?,
        component_path: None,
        journal: query.options.journal.clone().map(Some),
    })
}

fn first_poll(polls: bool) -> Option<tokio::time::Instant> {
    let now = tokio::time::Instant::now();
    Some(if polls { now } else { now + LATE })
}

/// At that time, if there is one.
pub(super) async fn at(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn due(session: &Session, queries: &[Prepared<Json>]) -> tokio::time::Instant {
    let live = &session.byod().inner().live;
    let reads_copies = queries
        .iter()
        .any(|query| !query.function.mirror.is_empty());
    let pause = match reads_copies {
        true => live.route.min(live.copies),
        false => live.route,
    };
    tokio::time::Instant::now() + pause
}

/// Where all of them go.
pub(super) async fn find(session: &Session, queries: &[Prepared<Json>]) -> Result<Found, Error> {
    let functions = queries.iter().map(|query| query.function).collect();
    to_its_end(find_all(session.clone(), functions)).await
}

async fn find_all(session: Session, functions: Vec<&'static FunctionInfo>) -> Result<Found, Error> {
    let mut found: Option<Target> = None;
    let mut copies = None;
    for function in functions {
        let deadline = session.byod().main_client().deadline();
        let wanted = Wanted::of(function, FunctionType::Query);
        let target = match session.known_target(wanted, deadline)? {
            Some(target) => target,
            None => session.target(wanted, None, deadline).await?,
        };
        let context = target.context(FunctionType::Query, function);
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
    Ok(Found {
        target: found.ok_or_else(nothing)?,
        copies: copies.map(|age| (age, Instant::now())),
    })
}

/// Does work in a task of its own, for a stream may be left for a long time without being polled, and others wait for
/// what it has begun: the read of a record, a place among a deployment's calls. It ends with the stream.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    let mut task = JoinSet::new();
    task.spawn(work.in_current_span());
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
pub(super) fn leads_to(one: &Target, other: &Target) -> bool {
    match (one, other) {
        (Target::Main(_), Target::Main(_)) => true,
        (Target::User(one), Target::User(other)) => {
            one.fingerprint == other.fingerprint && one.client.url() == other.client.url()
        }
        _ => false,
    }
}
