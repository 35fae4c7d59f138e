use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use byod_schema::FunctionType;
use bytes::Bytes;
use futures_util::TryFutureExt as _;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use super::session::Session;
use crate::codec::{Arguments, Body, Field, FunctionInfo, IdempotencyKey, Seed};
use crate::deployment::answer::{self, Given};
use crate::deployment::{CallContext, Deadline, Limits};
use crate::error::{Deployment, Error, Outcome};
use crate::routing::{Target, Wanted};
use crate::telemetry::{Called, Observed};

/// A call's value, and which deployment it came from.
///
/// ```
/// use byod_runtime::Routed;
///
/// fn shown(answer: &Routed<f64>) -> String {
///     let whose = if answer.deployment.is_user() { "your own database" } else { "ours" };
///     let all = if answer.sees_no_connected { ", without who has one of their own" } else { "" };
///     format!("{} (from {whose}{all})", answer.value)
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Routed<T> {
    /// What the function returned.
    pub value: T,
    /// The deployment that answered.
    pub deployment: Deployment,
    /// Whether the function reads users' tables on main for everybody: then the value
    /// holds nothing of what users with a deployment of their own have there, as the
    /// calling user may be. `byod check` lists such functions.
    pub sees_no_connected: bool,
    /// How old the copies of main's documents were that the function read on the user's
    /// deployment; `None` where it reads none. More than
    /// [`mirror_max_age`](crate::ByodBuilder::mirror_max_age) only where main could not be
    /// asked.
    pub mirror_age: Option<Duration>,
}

/// Reads what a function gave.
pub(crate) type Read<T> = fn(Given<'_>, CallContext<'_>) -> Result<T, Error>;

/// A call that is ready to be sent: everything but the deployment is decided.
pub(crate) struct Prepared<T> {
    pub(crate) session: Session,
    pub(crate) function: &'static FunctionInfo,
    /// Arguments that can't be written are reported when the call is awaited.
    pub(crate) body: Result<Body, serde_json::Error>,
    pub(crate) read: Read<T>,
    pub(crate) options: Options,
}

impl<T> Prepared<T> {
    pub(crate) fn new(
        session: &Session,
        function: &'static FunctionInfo,
        arguments: &impl Arguments,
        read: Read<T>,
    ) -> Self {
        Self {
            session: session.clone(),
            function,
            body: Body::new(function, arguments),
            read,
            options: Options::default(),
        }
    }

    /// The same call, whose answer is read otherwise.
    pub(crate) fn reading<U>(&self, read: Read<U>) -> Prepared<U> {
        use serde::ser::Error as _;
        Prepared {
            session: self.session.clone(),
            function: self.function,
            // The error can't be cloned; its text is all that is used of it.
            body: match &self.body {
                Ok(body) => Ok(body.clone()),
                Err(error) => Err(serde_json::Error::custom(error)),
            },
            read,
            options: self.options.clone(),
        }
    }

    /// The same call once more, of the same user.
    pub(crate) fn again(&self, session: &Session) -> Self {
        Self {
            session: session.clone(),
            ..self.reading(self.read)
        }
    }

    /// What it may cost.
    pub(crate) fn limits(&self) -> Limits {
        let standard = self.session.limits();
        Limits {
            timeout: self.options.timeout.unwrap_or(standard.timeout),
            connect: self.options.connect_timeout.unwrap_or(standard.connect),
            answer: self.options.answer_limit.unwrap_or(standard.answer),
            values: self.options.value_limit.unwrap_or(standard.values),
            retries: self.options.retries.unwrap_or(standard.retries),
        }
    }

    /// What it needs to be routed.
    pub(crate) fn wanted(&self, kind: FunctionType) -> Wanted<'static> {
        Wanted::of(self.function, kind)
    }

    /// The body for the deployment it goes to; taken out, for a call is run once. Whose
    /// documents a user's deployment is asked for, the session alone says.
    pub(crate) fn finish(
        &mut self,
        target: &Target,
        context: CallContext<'_>,
    ) -> Result<Vec<u8>, Error> {
        let body = std::mem::replace(&mut self.body, Ok(Body::default()));
        let body = body.map_err(|reason| context.encode(reason))?;
        if !target.is_user() {
            return Ok(body.for_main());
        }
        let subject = self.session.subject().as_str();
        if let Some(argument) = body.wrong_owner([subject, self.session.user_id().as_str()]) {
            return Err(Error::WrongOwner {
                call: context.call(),
                argument: argument.into(),
            });
        }
        let key = self.options.idempotency_key.as_ref();
        let body = body.for_user(self.function, subject, key);
        body.map_err(|reason| context.encode(reason))
    }

    fn run(self, kind: FunctionType) -> impl Future<Output = Result<Routed<T>, Error>> {
        self.run_where(kind, |_| Ok(()))
    }

    /// Runs it, if where it goes passes the check.
    pub(crate) async fn run_where(
        mut self,
        kind: FunctionType,
        check: impl FnOnce(&Target) -> Result<(), Error>,
    ) -> Result<Routed<T>, Error> {
        let called = Called {
            table: self.function.table,
            function: self.function.path,
            endpoint: kind.into(),
        };
        let limits = self.limits();
        let deadline = Deadline::after(limits.timeout);
        let observed = Observed::begin(called, deadline.begin);
        let mut location = None;
        let result = {
            // Pinned where it is: it is large, and what takes it by value copies it.
            let run = pin!(async {
                if let Some(key) = &self.options.idempotency_key {
                    key.check(self.function)?;
                }
                let wanted = self.wanted(kind);
                let target = match self.session.known_target(wanted, deadline)? {
                    Some(target) => target,
                    None => self.session.target(wanted, None, deadline).await?,
                };
                location = Some(target.location());
                check(&target)?;
                let client = target.client();
                let mut context = target.context(kind, self.function);
                let _writing = self.session.writing(self.function);
                let copies = self
                    .session
                    .copies(self.function, &target, context, deadline);
                let age = copies
                    .await
                    .inspect_err(|error| self.session.observe_copies(&target, error))?;
                let aged = Instant::now();
                // Main gets no key.
                context.repeatable |= target.is_user() && self.options.idempotency_key.is_some();
                let body = Bytes::from(self.finish(&target, context)?);
                let read = self.read;
                let read =
                    |answer: &Bytes, context: CallContext<'_>| read(Given::Answer(answer), context);
                let routed = |value| {
                    self.session.answered(&target);
                    Routed {
                        value,
                        deployment: target.deployment(),
                        sees_no_connected: self.function.runs.sees_no_connected(),
                        mirror_age: age.map(|age| age + aged.elapsed()),
                    }
                };
                let sent = client.run(body.clone(), context, &limits, deadline, read);
                let leaves = self.function.outbox && target.is_user();
                let mut error = match sent.await {
                    Ok(value) => {
                        let value = routed(value);
                        if leaves {
                            self.session.has_left(&target, deadline.begin);
                        }
                        return Ok(value);
                    }
                    Err(error) => error,
                };
                if let Error::Claim { .. } = error {
                    context.perhaps_ran |= error.outcome() == Outcome::Unknown;
                    error = match self.session.claim(&target, error, deadline).await {
                        Err(error) => error,
                        Ok(()) => {
                            let again = client.run(body, context, &limits, deadline, read);
                            match again.await {
                                Ok(value) => {
                                    let value = routed(value);
                                    if leaves {
                                        self.session.has_left(&target, deadline.begin);
                                    }
                                    return Ok(value);
                                }
                                Err(error) => error,
                            }
                        }
                    };
                }
                self.session.observe(&target, &error);
                if leaves && error.outcome() == Outcome::Unknown {
                    self.session.has_left(&target, deadline.begin);
                }
                Err(error)
            });
            run.instrument(observed.span()).await
        };
        observed.end(location, &result);
        result
    }
}

/// What is set for one call alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) answer_limit: Option<usize>,
    pub(crate) value_limit: Option<usize>,
    pub(crate) retries: Option<u32>,
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    /// Where its page ended when it was watched before, on the same deployment.
    pub(crate) journal: Option<String>,
}

macro_rules! call {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Nothing is sent before it is awaited. Dropping the future while it runs
        /// closes the request; whether the function ran is then unknown.
        #[must_use = "a call does nothing until it is awaited"]
        pub struct $name<T>(pub(crate) Prepared<T>);

        impl<T> $name<T> {
            /// The function path.
            pub fn path(&self) -> &'static str {
                self.0.function.path
            }

            /// How long it may take in all: routing, retries and pauses included.
            /// Default: [`ByodBuilder::timeout`](crate::ByodBuilder::timeout).
            pub fn timeout(mut self, timeout: Duration) -> Self {
                self.0.options.timeout = Some(timeout);
                self
            }

            /// How long making a connection may take, with DNS and TLS. Default:
            /// [`ByodBuilder::connect_timeout`](crate::ByodBuilder::connect_timeout).
            pub fn connect_timeout(mut self, timeout: Duration) -> Self {
                self.0.options.connect_timeout = Some(timeout);
                self
            }

            /// The largest answer that is read, in bytes. Default:
            /// [`ByodBuilder::answer_limit`](crate::ByodBuilder::answer_limit).
            pub fn answer_limit(mut self, bytes: usize) -> Self {
                self.0.options.answer_limit = Some(bytes);
                self
            }

            /// How many values the answer may hold. Default:
            /// [`ByodBuilder::value_limit`](crate::ByodBuilder::value_limit).
            pub fn value_limit(mut self, values: usize) -> Self {
                self.0.options.value_limit = Some(values);
                self
            }

            /// How often it is sent again at most. Default:
            /// [`ByodBuilder::retries`](crate::ByodBuilder::retries).
            pub fn retries(mut self, retries: u32) -> Self {
                self.0.options.retries = Some(retries);
                self
            }

            /// Runs it and says which deployment answered, beside the value.
            pub async fn routed(self) -> Result<Routed<T>, Error> {
                self.0.run(FunctionType::$name).await
            }

            /// For the generated code: the result is of a plain serde type.
            #[doc(hidden)]
            pub fn __new(
                session: &Session,
                function: &'static FunctionInfo,
                arguments: &impl Arguments,
            ) -> Self
            where
                T: DeserializeOwned,
            {
                Self(Prepared::new(session, function, arguments, answer::read_given_value))
            }

            /// For the generated code: the result is of the type of the validator `V`.
            #[doc(hidden)]
            pub fn __typed<V>(
                session: &Session,
                function: &'static FunctionInfo,
                arguments: &impl Arguments,
            ) -> Self
            where
                T: Field<V>,
            {
                Self(Prepared::new(session, function, arguments, |given, context| {
                    answer::read_given(given, Seed::<V, T>::new(), context)
                }))
            }
        }

        impl<T: 'static> IntoFuture for $name<T> {
            type Output = Result<T, Error>;
            type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                let kind = FunctionType::$name;
                Box::pin(self.0.run(kind).map_ok(|routed| routed.value))
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.path()).finish()
            }
        }
    };
}

call! {
    /// A query, routed when it is awaited. Several can share one request:
    /// [`Session::batch`].
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use byod_runtime::{Error, Query};
    ///
    /// /// What a page doesn't wait long for.
    /// async fn soon<T: 'static>(query: Query<T>) -> Result<T, Error> {
    ///     query.timeout(Duration::from_secs(2)).retries(0).await
    /// }
    /// ```
    Query
}

call! {
    /// A mutation, routed when it is awaited. On an error, [`Error::outcome`]
    /// says whether it ran.
    ///
    /// ```
    /// use byod_runtime::{Error, Mutation, Outcome};
    ///
    /// async fn saved(mutation: Mutation<()>) -> Result<&'static str, Error> {
    ///     match mutation.await {
    ///         Ok(()) => Ok("Saved."),
    ///         Err(error) if error.outcome() == Outcome::Unknown => Ok("It may have been saved: look before you try again."),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    Mutation
}

impl<T> Mutation<T> {
    /// Makes it safe to repeat where the user's deployment answers: of all calls of
    /// the user with this key, within 24 hours, one runs, and the others give its
    /// result. So it is sent again like a query where its answer was lost
    /// ([`Error::is_retryable`]), and the caller may call again, too.
    ///
    /// A key stands for one call: with another function or other arguments it is a
    /// `ConvexError` whose data has the code `idempotency_key`. A call that failed can
    /// be made again. The result must fit into a document (1 MiB).
    ///
    /// Main takes no key: while the user has no deployment of their own, the mutation
    /// is sent again only where it certainly did not run, as without one.
    ///
    /// Awaiting it is [`Error::Config`], and nothing is sent, if the key has not 1 to
    /// 256 bytes, or if the function on users' deployments takes none: `byod export`
    /// writes functions that do where byod.toml has
    /// `idempotencyKey = "idempotency-key"` under `[user.inject]`.
    ///
    /// ```ignore
    /// notes::create(&session, note).idempotency_key(request_id).await?;
    /// ```
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.0.options.idempotency_key = Some(IdempotencyKey::new(key.into()));
        self
    }
}

call! {
    /// An action, routed when it is awaited. On an error, [`Error::outcome`]
    /// says whether it ran.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use byod_runtime::{Action, Error};
    ///
    /// /// What a model writes takes its time.
    /// async fn written(action: Action<String>) -> Result<String, Error> {
    ///     action.timeout(Duration::from_secs(300)).await
    /// }
    /// ```
    Action
}
