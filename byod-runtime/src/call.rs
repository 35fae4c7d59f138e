use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::{Pin, pin};
use std::time::Duration;

use byod_schema::FunctionType;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::answer;
use crate::byod::Known;
use crate::client::{CallContext, Endpoint, Limits};
use crate::codec::{Arguments, Body, Field, FunctionInfo, Seed};
use crate::deadline::Deadline;
use crate::deployment::{Deployment, Target, Wanted};
use crate::error::Error;
use crate::idempotency::IdempotencyKey;
use crate::session::Session;
use crate::telemetry::{self, Called};

/// A call's value, and which deployment it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed<T> {
    /// What the function returned.
    pub value: T,
    /// The deployment that answered.
    pub deployment: Deployment,
}

/// Reads the answer of a function.
pub(crate) type Read<T> = fn(&[u8], CallContext<'_>) -> Result<T, Error>;

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

    /// What it may cost.
    pub(crate) fn limits(&self) -> Limits {
        let standard = self.session.limits();
        Limits {
            timeout: self.options.timeout.unwrap_or(standard.timeout),
            connect: self.options.connect_timeout.unwrap_or(standard.connect),
            answer: self.options.answer_limit.unwrap_or(standard.answer),
            retries: self.options.retries.unwrap_or(standard.retries),
        }
    }

    /// Where it goes, if it is run with that session.
    pub(crate) async fn target(
        &self,
        session: &Session,
        kind: FunctionType,
        known: Option<&mut Known>,
        deadline: Deadline,
    ) -> Result<Target, Error> {
        let FunctionInfo {
            table,
            location,
            path,
            ..
        } = *self.function;
        let wanted = Wanted {
            table,
            location,
            kind,
            path,
        };
        session.target(wanted, known, deadline).await
    }

    /// The body for the deployment it goes to, and how to read the answer.
    pub(crate) fn finish(self, target: &Target) -> Result<(Vec<u8>, Read<T>), Error> {
        let Self {
            session,
            function,
            body,
            read,
            options,
        } = self;
        let body = body.and_then(|body| {
            if target.is_user() {
                let key = options.idempotency_key.as_ref();
                body.for_user(function, session.subject().as_str(), key)
            } else {
                Ok(body.for_main())
            }
        });
        match body {
            Ok(body) => Ok((body, read)),
            Err(reason) => Err(target
                .client()
                .context(Endpoint::Query, function.path)
                .encode(reason)),
        }
    }

    async fn run(self, kind: FunctionType) -> Result<Routed<T>, Error> {
        self.run_where(kind, |_| Ok(())).await
    }

    /// Runs it, if where it goes passes the check.
    pub(crate) async fn run_where(
        self,
        kind: FunctionType,
        check: impl FnOnce(&Target) -> Result<(), Error>,
    ) -> Result<Routed<T>, Error> {
        let called = Called {
            table: self.function.table,
            function: self.function.path,
            endpoint: kind.into(),
        };
        let run = pin!(async {
            if let Some(key) = &self.options.idempotency_key
                && let Err(error) = key.check(self.function)
            {
                return (None, Err(error));
            }
            let limits = self.limits();
            let deadline = Deadline::after(limits.timeout);
            match self.target(&self.session, kind, None, deadline).await {
                Ok(target) => {
                    let result = match check(&target) {
                        Ok(()) => self.send(kind, &target, limits, deadline).await,
                        Err(error) => Err(error),
                    };
                    (Some(target.location()), result)
                }
                Err(error) => (None, Err(error)),
            }
        });
        telemetry::call(called, run).await
    }

    /// Runs it on that deployment.
    async fn send(
        self,
        kind: FunctionType,
        target: &Target,
        limits: Limits,
        deadline: Deadline,
    ) -> Result<Routed<T>, Error> {
        let session = self.session.clone();
        let client = target.client();
        let mut context = client.context(kind, self.function.path);
        // Main gets no key.
        context.repeatable |= target.is_user() && self.options.idempotency_key.is_some();
        let (body, read) = self.finish(target)?;
        let read = |answer: &Bytes, context: CallContext<'_>| read(answer, context);
        let result = client.run(body, context, limits, deadline, read).await;
        match result {
            Ok(value) => Ok(Routed {
                value,
                deployment: target.deployment(),
            }),
            Err(error) => {
                session.observe(target, &error);
                Err(error)
            }
        }
    }
}

/// What is set for one call alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) answer_limit: Option<usize>,
    pub(crate) retries: Option<u32>,
    pub(crate) idempotency_key: Option<IdempotencyKey>,
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
                Self(Prepared::new(session, function, arguments, answer::read_value))
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
                Self(Prepared::new(session, function, arguments, |answer, context| {
                    answer::read(answer, Seed::<V, T>::new(), context)
                }))
            }
        }

        impl<T: 'static> IntoFuture for $name<T> {
            type Output = Result<T, Error>;
            type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                let kind = FunctionType::$name;
                Box::pin(async move { Ok(self.0.run(kind).await?.value) })
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
    Query
}

call! {
    /// A mutation, routed when it is awaited. On an error, [`Error::outcome`]
    /// says whether it ran.
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
    Action
}
