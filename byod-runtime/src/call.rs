use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use byod_schema::FunctionType;
use serde::de::DeserializeOwned;

use crate::answer;
use crate::client::{CallContext, Endpoint};
use crate::codec::{Arguments, Body, Field, FunctionInfo, Seed};
use crate::deployment::{Deployment, RoutedClient};
use crate::error::Error;
use crate::session::Session;

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
        }
    }

    /// Where it goes, if it is run with that session.
    pub(crate) async fn target(
        &self,
        session: &Session,
        kind: FunctionType,
    ) -> Result<RoutedClient, Error> {
        let FunctionInfo {
            table,
            location,
            path,
            ..
        } = self.function;
        session.target(table, *location, kind, path).await
    }

    /// The body for the deployment it goes to, and how to read the answer.
    pub(crate) fn finish(self, target: &RoutedClient) -> Result<(Vec<u8>, Read<T>), Error> {
        let Self {
            session,
            function,
            body,
            read,
        } = self;
        let body = body.and_then(|body| {
            if target.deployment.is_user() {
                body.for_user(function, session.subject().as_str())
            } else {
                Ok(body.for_main())
            }
        });
        match body {
            Ok(body) => Ok((body, read)),
            Err(reason) => Err(target
                .client
                .context(Endpoint::Query, function.path)
                .encode(reason)),
        }
    }

    async fn run(self, kind: FunctionType) -> Result<Routed<T>, Error> {
        let target = self.target(&self.session, kind).await?;
        self.send(kind, target).await
    }

    /// Runs it on that deployment.
    pub(crate) async fn send(
        self,
        kind: FunctionType,
        target: RoutedClient,
    ) -> Result<Routed<T>, Error> {
        let path = self.function.path;
        let (body, read) = self.finish(&target)?;
        let RoutedClient { client, deployment } = target;
        let answer = client.send(kind, path, body).await?;
        let value = read(&answer, client.context(kind, path))?;
        Ok(Routed { value, deployment })
    }
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
                Box::pin(async move { Ok(self.routed().await?.value) })
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

call! {
    /// An action, routed when it is awaited. On an error, [`Error::outcome`]
    /// says whether it ran.
    Action
}
