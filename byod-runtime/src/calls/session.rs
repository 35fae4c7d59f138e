use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::deployment::sockets::TokenSource;
use crate::deployment::{Deadline, Limits, Token};
use crate::error::Error;
use crate::routing::{Byod, Delivered};
use crate::routing::{Known, Target, Wanted};
use crate::users::{Subject, UserId};

/// One user's calls, routed to the deployment where what they touch is. Made per
/// request by [`Byod::session`]; cheap to make and to clone.
///
/// ```
/// use byod_runtime::{Byod, Error, Value};
/// use serde_json::json;
///
/// async fn titles(byod: &Byod, user_id: &str, subject: &str, jwt: &str) -> Result<Vec<Value>, Error> {
///     let session = byod.session(user_id, subject).with_token(jwt);
///     // A generated wrapper takes `&session`; this is for paths that are known at run time only.
///     session.query("notes:list", &json!({"archived": false}))?.await
/// }
/// ```
#[derive(Clone)]
pub struct Session {
    byod: Byod,
    user_id: UserId,
    subject: Subject,
    /// For main alone: calls that go elsewhere make no header of it.
    token: Option<Arc<Token>>,
    /// Gives later ones, for what is watched.
    source: Option<Arc<TokenSource>>,
}

impl Session {
    pub(crate) fn new(byod: Byod, user_id: UserId, subject: Subject) -> Self {
        Self {
            byod,
            user_id,
            subject,
            token: None,
            source: None,
        }
    }

    /// The same session with the user's token, which main is called with.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<Token>) -> Self {
        self.token = Some(Arc::new(token.into()));
        self
    }

    /// The same session with where later tokens of the user come from, for what is watched on
    /// main: asked 10 s before the present one runs out, and where main refuses it.
    ///
    /// Without one, what is watched gives [`Error::Rejected`] when the token has run out, and
    /// goes on once the user watches anything with a newer one. A token that says somebody
    /// else than the present one is not used.
    ///
    /// ```ignore
    /// let session = byod.session(id, subject).with_token(token).with_token_source({
    ///     let auth = auth.clone();
    ///     move || auth.clone().fresh_token()
    /// });
    /// ```
    #[must_use]
    pub fn with_token_source<F, E>(mut self, source: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Token, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let ask = move || {
            let asked = source();
            async move { asked.await.map_err(Into::into) }.boxed()
        };
        self.source = Some(Arc::new(TokenSource::new(ask)));
        self
    }

    /// The same session with a token that has not run out, as far as that can be had.
    pub(crate) async fn renewed(&self) -> Result<Self, Error> {
        let Some(source) = &self.source else {
            return Ok(self.clone());
        };
        if self.token().is_some_and(|token| !token.is_due()) {
            return Ok(self.clone());
        }
        match source.ask().await {
            Ok(token) => Ok(self.clone().with_token(token)),
            Err(error) => Err(Error::config(format!(
                "the token source gave no token: {error}"
            ))),
        }
    }

    pub(crate) fn source(&self) -> Option<&Arc<TokenSource>> {
        self.source.as_ref()
    }

    /// The user's id in the main deployment.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The user's subject at the auth provider.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Whether calls of both are of one user of one `Byod`; their tokens may differ.
    pub(crate) fn is_same_user(&self, other: &Self) -> bool {
        self.byod.is_same(&other.byod)
            && (&self.user_id, &self.subject) == (&other.user_id, &other.subject)
    }

    /// Where a call goes, if that is known without reading anything.
    pub(crate) fn known_target(
        &self,
        wanted: Wanted<'_>,
        deadline: Deadline,
    ) -> Result<Option<Target>, Error> {
        self.subject.check()?;
        self.byod
            .known_target(&self.user_id, self.token(), wanted, deadline)
    }

    /// Where a call goes, which may take reading the user's record: in a box, for most
    /// calls have no use for what that needs.
    #[cold]
    pub(crate) fn target<'a>(
        &'a self,
        wanted: Wanted<'a>,
        known: Option<&'a mut Known>,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<Target, Error>> {
        let target = async move {
            self.subject.check()?;
            self.byod
                .target(&self.user_id, self.token(), wanted, known, deadline)
                .await
        };
        target.boxed()
    }

    pub(crate) fn byod(&self) -> &Byod {
        &self.byod
    }

    fn token(&self) -> Option<&Token> {
        self.token.as_deref()
    }

    /// Takes note of how a call failed.
    pub(crate) fn observe(&self, target: &Target, error: &Error) {
        if let Target::User(connected) = target {
            self.byod.observe(&self.user_id, connected, error);
        }
    }

    /// Takes note of how a deployment failed that is to have copies.
    pub(crate) fn observe_copies(&self, target: &Target, error: &Error) {
        if let Error::Copies { source, .. } = error {
            self.observe(target, source);
        }
    }

    /// Takes note of what came beside answers.
    pub(crate) fn answered(&self, target: &Target) {
        if let Target::User(connected) = target {
            self.byod.answered(&self.user_id, connected);
        }
    }

    /// Has main do what functions have left for it on the user's deployment, as
    /// [`Byod::apply_outbox`] does it; to be awaited where what comes next must see it.
    pub async fn apply_outbox(&self) -> Result<Delivered, Error> {
        let (user, subject) = (&self.user_id, &self.subject);
        subject.check()?;
        self.byod.apply_outbox_of(user, Some(subject)).await
    }

    /// Has main do, in a task of its own, what a call that began then may have left for it.
    #[cold]
    pub(crate) fn has_left(&self, target: &Target, begin: Instant) {
        if let Target::User(connected) = target {
            let (user, subject) = (&self.user_id, Some(&self.subject));
            self.byod
                .take_rows_later(&connected.client, user, subject, begin);
        }
    }

    /// What a call may cost that says nothing of its own.
    pub(crate) fn limits(&self) -> Limits {
        self.byod.inner().limits
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user_id", &self.user_id)
            .field("subject", &self.subject)
            .field("main", self.byod.main_client())
            .field("token", &self.token())
            .finish_non_exhaustive()
    }
}
