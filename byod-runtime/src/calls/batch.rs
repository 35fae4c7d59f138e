use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Instant;

use byod_schema::FunctionType;
use bytes::Bytes;
use futures_util::future::join_all;
use serde::de::IgnoredAny;
use tracing::Instrument as _;

use super::call::{Prepared, Query, Read};
use super::session::Session;
use crate::codec::FunctionInfo;
use crate::deployment::answer::{self, Given};
use crate::deployment::{CallContext, Deadline, Limits};
use crate::error::{Claim, ConnectionProblem, Endpoint, Error};
use crate::routing::{Known, Target};
use crate::telemetry::{Called, Observed};

impl Session {
    /// Runs several queries at once: one request per deployment involved, each
    /// deployment's queries at one timestamp.
    ///
    /// Takes a tuple of queries (of up to eight types) or a `Vec` of one type.
    /// Awaited, it gives their values in order, or the first error;
    /// [`Batch::results`] gives each its own.
    ///
    /// The queries must be of this session's user and `Byod`. Main is called with
    /// this session's token, also for queries that were made with another.
    ///
    /// ```ignore
    /// let (chats, notes) = session
    ///     .batch((conversations::list(&session, a), notes::list(&session, b)))
    ///     .await?;
    /// ```
    pub fn batch<Q: Queries>(&self, queries: Q) -> Batch<Q> {
        Batch {
            session: self.clone(),
            queries,
        }
    }
}

/// Queries that share requests; see [`Session::batch`].
///
/// ```ignore
/// let batch = session.batch((conversations::list(&session, a), notes::list(&session, b)));
/// // Of each what came of it, where one may fail and the others serve.
/// let (chats, notes) = batch.results().await;
/// ```
#[must_use = "a batch does nothing until it is awaited"]
pub struct Batch<Q> {
    session: Session,
    queries: Q,
}

impl<Q: Queries> Batch<Q> {
    /// Runs the queries and gives each its own result, in order.
    pub async fn results(self) -> Q::Results {
        let mut sender = Sender::new(&self.session);
        let readers = self.queries.prepare(&self.session, &mut sender).await;
        Q::read(readers, &sender.send().await)
    }
}

impl<Q: Queries + Send + 'static> IntoFuture for Batch<Q>
where
    Q::Readers: Send,
{
    type Output = Result<Q::Values, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Q::values(self.results().await) })
    }
}

/// Queries that [`Session::batch`] takes: tuples, and a `Vec` of one type.
///
/// ```
/// use byod_runtime::{Error, Query, Session};
///
/// async fn both(session: &Session, title: Query<String>, counts: Vec<Query<f64>>) -> Result<(String, Vec<f64>), Error> {
///     let title = session.batch((title,)).await?.0;
///     Ok((title, session.batch(counts).await?))
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a batch takes a tuple of one to eight queries, or a `Vec` of queries of one type, not `{Self}`",
    label = "not a tuple or `Vec` of queries",
    note = "a paginated query gives a query for one page: `.query()`",
    note = "mutations and actions are awaited by themselves: only queries share a request",
    note = "more than eight queries are several batches, or, where they are of one type, a `Vec`; a tuple of one is `(query,)`"
)]
pub trait Queries: sealed::Sealed + Sized {
    /// A result each.
    type Results;
    /// A value each.
    type Values;
    #[doc(hidden)]
    type Readers;

    #[doc(hidden)]
    fn prepare(
        self,
        session: &Session,
        sender: &mut Sender,
    ) -> impl Future<Output = Self::Readers> + Send;

    #[doc(hidden)]
    fn read(readers: Self::Readers, answers: &Answers) -> Self::Results;

    #[doc(hidden)]
    fn values(results: Self::Results) -> Result<Self::Values, Error>;
}

mod sealed {
    pub trait Sealed {}
}

/// The queries of a batch, sorted by the deployment they go to.
#[doc(hidden)]
pub struct Sender {
    session: Session,
    groups: Vec<Group>,
    known: Known,
    deadline: Deadline,
}

/// The queries for one deployment.
struct Group {
    target: Target,
    /// The most that any of its queries allows.
    limits: Limits,
    paths: Vec<&'static str>,
    /// `{"queries":[…` so far.
    body: Vec<u8>,
    /// One of them reads copies of main's documents.
    reads_copies: bool,
}

/// Where the answer to one query will be, and how it is read.
#[doc(hidden)]
pub struct Reader<T>(Result<Place<T>, Error>);

struct Place<T> {
    group: usize,
    index: usize,
    function: &'static FunctionInfo,
    read: Read<T>,
}

/// What each deployment answered.
#[doc(hidden)]
pub struct Answers(Vec<(Target, Result<GroupAnswer, Error>)>);

struct GroupAnswer {
    body: Bytes,
    /// Where in `body` each query's answer is.
    ranges: Vec<std::ops::Range<usize>>,
}

impl GroupAnswer {
    /// That the deployment is nobody's yet, if it refused one of the queries for that.
    fn unclaimed(&self, context: CallContext<'_>) -> Option<Error> {
        self.refusal("byod_claim", context, |error| {
            let unclaimed = Claim::Unclaimed;
            matches!(error, Error::Claim { claim, .. } if *claim == unclaimed)
        })
    }

    /// That the deployment runs no functions at present, if that stands in place of an answer.
    fn stopped(&self, context: CallContext<'_>) -> Option<Error> {
        self.refusal("deployment", context, |error| {
            let problem = ConnectionProblem::of(error);
            matches!(problem, Some(ConnectionProblem::Stopped { .. }))
        })
    }

    /// The first error of a query that `is` such a one, of those that have the word in them.
    fn refusal(
        &self,
        word: &str,
        context: CallContext<'_>,
        is: impl Fn(&Error) -> bool,
    ) -> Option<Error> {
        let results = self.ranges.iter().map(|range| &self.body[range.clone()]);
        let mut refused = results.filter(|result| {
            let is_short = result.len() <= REFUSAL;
            is_short && str::from_utf8(result).is_ok_and(|text| text.contains(word))
        });
        refused.find_map(|result| {
            let read: Result<IgnoredAny, Error> = answer::read_value(result, context);
            read.err().filter(|error| is(error))
        })
    }
}

/// What refuses a call because of the deployment itself is no longer, in bytes.
const REFUSAL: usize = 8192;

impl Sender {
    fn new(session: &Session) -> Self {
        Self {
            session: session.clone(),
            groups: Vec::new(),
            known: Known::default(),
            deadline: Deadline::after(session.limits().timeout),
        }
    }

    async fn add<T>(&mut self, session: &Session, query: Query<T>) -> Reader<T> {
        Reader(self.try_add(session, query.0).await)
    }

    async fn try_add<T>(
        &mut self,
        session: &Session,
        mut query: Prepared<T>,
    ) -> Result<Place<T>, Error> {
        if !query.session.is_same_user(session) {
            return Err(Error::config(format!(
                "the query `{}` is of another user or another `Byod` than the batch: make it with the session that runs the batch",
                query.function.path
            )));
        }
        let wanted = query.wanted(FunctionType::Query);
        let known = Some(&mut self.known);
        let target = session.target(wanted, known, self.deadline).await?;
        let path = query.function.path;
        let limits = query.limits();
        let context = target.context(Endpoint::Query, query.function);
        let body = query.finish(&target, context)?;
        let group = self.group(target, limits);
        let Group {
            paths,
            body: queries,
            reads_copies,
            ..
        } = &mut self.groups[group];
        *reads_copies |= !query.function.mirror.is_empty();
        if !paths.is_empty() {
            queries.push(b',');
        }
        queries.extend_from_slice(&body);
        paths.push(path);
        let index = paths.len() - 1;
        Ok(Place {
            group,
            index,
            function: query.function,
            read: query.read,
        })
    }

    fn group(&mut self, target: Target, limits: Limits) -> usize {
        let mut groups = self.groups.iter_mut();
        if let Some(known) = groups.position(|group| group.target.is_same(&target)) {
            self.groups[known].limits.widen(limits);
            return known;
        }
        self.groups.push(Group {
            target,
            limits,
            paths: Vec::new(),
            body: br#"{"queries":["#.to_vec(),
            reads_copies: false,
        });
        self.groups.len() - 1
    }

    async fn send(self) -> Answers {
        // Main and the user's own deployment do not wait for each other.
        let (session, deadline) = (&self.session, self.deadline);
        let groups = self.groups.into_iter();
        Answers(join_all(groups.map(|group| group.send(session, deadline))).await)
    }
}

impl Group {
    async fn send(
        self,
        session: &Session,
        deadline: Deadline,
    ) -> (Target, Result<GroupAnswer, Error>) {
        let Self {
            target,
            limits,
            paths,
            mut body,
            reads_copies,
        } = self;
        body.extend_from_slice(b"]}");
        let names = answer::batched(paths.iter().copied());
        let client = target.client();
        let context = client.context(Endpoint::QueryBatch, &names);
        let read = |body: &Bytes, context: CallContext<'_>| {
            let start = body.as_ptr() as usize;
            let ranges = answer::read_batch(body, paths.len(), context)?
                .into_iter()
                .map(|result| {
                    let begin = result.get().as_ptr() as usize - start;
                    begin..begin + result.get().len()
                })
                .collect();
            let body = body.clone();
            Ok(GroupAnswer { body, ranges })
        };
        let called = Called {
            table: "*",
            function: &names,
            endpoint: Endpoint::QueryBatch,
        };
        let deadline = deadline.with_limit(limits.timeout);
        let observed = Observed::begin(called, Instant::now());
        let body = Bytes::from(body);
        let run = async {
            if reads_copies && target.is_user() {
                session.refreshed(&target, context, deadline).await?;
            }
            let answer = client
                .run(body.clone(), context, &limits, deadline, read)
                .await?;
            let Some(error) = answer.unclaimed(context) else {
                return Ok(answer);
            };
            session.claim(&target, error, deadline).await?;
            client.run(body, context, &limits, deadline, read).await
        };
        let answer = run.instrument(observed.span()).await;
        match &answer {
            // As a call of one of the queries by itself would be noted.
            Ok(answers) => match answers.stopped(context) {
                Some(error) => session.observe(&target, &error),
                None => session.answered(&target),
            },
            Err(error) => session.observe(&target, error),
        }
        observed.end(Some(target.location()), &answer);
        (target, answer)
    }
}

impl<T> Reader<T> {
    fn read(self, answers: &Answers) -> Result<T, Error> {
        let Place {
            group,
            index,
            function,
            read,
        } = self.0?;
        let (target, answer) = &answers.0[group];
        let GroupAnswer { body, ranges } = answer.as_ref().map_err(Clone::clone)?;
        read(
            Given::Answer(&body[ranges[index].clone()]),
            target.context(Endpoint::Query, function).counted(),
        )
    }
}

impl<T> sealed::Sealed for Vec<Query<T>> {}

#[diagnostic::do_not_recommend]
impl<T: Send> Queries for Vec<Query<T>> {
    type Results = Vec<Result<T, Error>>;
    type Values = Vec<T>;
    type Readers = Vec<Reader<T>>;

    async fn prepare(self, session: &Session, sender: &mut Sender) -> Self::Readers {
        let mut readers = Vec::with_capacity(self.len());
        for query in self {
            readers.push(sender.add(session, query).await);
        }
        readers
    }

    fn read(readers: Self::Readers, answers: &Answers) -> Self::Results {
        readers
            .into_iter()
            .map(|reader| reader.read(answers))
            .collect()
    }

    fn values(results: Self::Results) -> Result<Self::Values, Error> {
        results.into_iter().collect()
    }
}

macro_rules! tuple {
    ($($value:ident $index:tt),*) => {
        impl<$($value),*> sealed::Sealed for ($(Query<$value>,)*) {}

        #[diagnostic::do_not_recommend]
        impl<$($value: Send),*> Queries for ($(Query<$value>,)*) {
            type Results = ($(Result<$value, Error>,)*);
            type Values = ($($value,)*);
            type Readers = ($(Reader<$value>,)*);

            async fn prepare(self, session: &Session, sender: &mut Sender) -> Self::Readers {
                ($(sender.add(session, self.$index).await,)*)
            }

            fn read(readers: Self::Readers, answers: &Answers) -> Self::Results {
                ($(readers.$index.read(answers),)*)
            }

            fn values(results: Self::Results) -> Result<Self::Values, Error> {
                Ok(($(results.$index?,)*))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
