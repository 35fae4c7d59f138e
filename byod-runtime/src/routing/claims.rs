//! Claims users' deployments for them, and gives claims up.

use std::time::Duration;

use super::cache::Connected;
use super::service::Byod;
use crate::deployment::{Client, Deadline, Owner, Released};
use crate::error::{Claim, ConnectionProblem, Error};
use crate::users::{ConnectionStatus, Credentials, Subject, UserDatabaseConfig, UserId};

/// How long a question about a user's status waits for the user's deployment to say
/// whose it is.
const PATIENCE: Duration = Duration::from_secs(2);

impl Byod {
    /// Gives up the claim of the deployment in the user's record, so that somebody
    /// else can connect it; what is stored there stays.
    ///
    /// [Disconnect](Self::disconnect) the user first: the next call of one who is
    /// still connected claims it again, under the subject that the session has then.
    /// That is also what helps where the auth provider gave a user another subject.
    ///
    /// [`Error::NoRecord`] if the user has none; other errors are those of main and
    /// of the user's deployment.
    pub async fn release(&self, user: impl Into<UserId>) -> Result<Released, Error> {
        let user = user.into();
        let record = self.record(&user).await?;
        let client = self.client(&user, &record)?;
        self.release_at(&client, &user).await
    }

    /// Gives up the user's claim of a deployment that their record doesn't name: one
    /// they had before, or one that was claimed and never connected. Main isn't asked.
    ///
    /// [`Error::Entered`] if the credentials can't be those of a deployment; other errors
    /// are the deployment's.
    pub async fn release_deployment(
        &self,
        user: impl Into<UserId>,
        credentials: &Credentials,
    ) -> Result<Released, Error> {
        let user = user.into();
        user.check()?;
        let client = self.client_of(credentials)?;
        self.release_at(&client, &user).await
    }

    async fn release_at(&self, client: &Client, user: &UserId) -> Result<Released, Error> {
        let owner = Owner::User(user.as_str());
        let released = client.release_claim(owner, client.deadline()).await;
        self.inner().claims.forget(user);
        if let Ok(released) = &released {
            tracing::info!(
                ?user,
                ?released,
                deployment = client.host(),
                "asked the user's deployment to be released"
            );
        }
        released
    }

    /// Claims a deployment that is about to be connected; the error is what keeps it
    /// from being the user's.
    pub(crate) async fn claim_for(
        &self,
        client: &Client,
        user: &UserId,
        subject: &Subject,
    ) -> Result<Result<NewClaim, ConnectionProblem>, Error> {
        let claim = client.claim(subject.as_str(), user.as_str(), client.deadline());
        match claim.await {
            Ok(claimed) if claimed.claim == Claim::SomebodyElses => Err(client.foreign()),
            Ok(claimed) => Ok(Ok(NewClaim {
                claim: claimed.claim,
                to_release: claimed.is_new.then(|| (client.clone(), subject.clone())),
            })),
            Err(error) => Ok(Err(ConnectionProblem::of_claim(&error))),
        }
    }

    /// Whose the deployment is, as far as it can be told by the user's id: nobody is
    /// known by a subject where only a record is at hand.
    pub(crate) async fn check_claim(
        &self,
        client: &Client,
        user: &UserId,
    ) -> Result<Claim, ConnectionProblem> {
        let state = client.claim_state(Owner::User(user.as_str()), client.deadline());
        match state.await {
            Ok(Claim::SomebodyElses) => Err(ConnectionProblem::SomebodyElses),
            Ok(claim) => Ok(claim),
            Err(error) => Err(ConnectionProblem::of_claim(&error)),
        }
    }

    /// What is known of whose the record's deployment is; asks it where nothing is.
    pub(crate) async fn known_claim(
        &self,
        user: &UserId,
        record: &UserDatabaseConfig,
    ) -> Option<Claim> {
        let Connected {
            client,
            fingerprint,
            ..
        } = self.connected(user, record).ok()?;
        if let Some(claim) = self.inner().claims.get(user, fingerprint) {
            return Some(claim);
        }
        let client = client.with_limits(|limits| {
            limits.retries = 0;
            limits.timeout = limits.timeout.min(PATIENCE);
        });
        let state = client.claim_state(Owner::User(user.as_str()), client.deadline());
        let claim = state.await.ok()?;
        self.inner().claims.note(user, fingerprint, claim);
        Some(claim)
    }

    /// Gives up the claim of a deployment whose credentials were not stored, if it was
    /// made for them: unless others have put it into the user's record meanwhile.
    pub(crate) async fn undo_claim(&self, user: &UserId, claimed: NewClaim) {
        let Some((client, subject)) = claimed.to_release else {
            return;
        };
        if self.may_be_named(user, &client).await {
            tracing::info!(
                ?user,
                deployment = client.host(),
                "a new claim is kept: it may be in use; where it isn't, `byod release --deployment` \
                 gives it up"
            );
            return;
        }
        let owner = Owner::Subject(subject.as_str());
        let released = client.release_claim(owner, client.deadline()).await;
        if let Err(error) = released {
            tracing::warn!(
                deployment = client.host(), %error,
                "a deployment was claimed, not connected, and could not be released: \
                 it stays the user's until `byod release --deployment` gives it up"
            );
            return;
        }
        // Who connects it again at the same time has found it claimed, and looks once
        // more when that is stored: before this, or behind what was released.
        if self.may_be_named(user, &client).await {
            let claim = client.claim(subject.as_str(), user.as_str(), client.deadline());
            if let Err(error) = claim.await {
                tracing::warn!(?user, %error, "the user's deployment could not be claimed again");
            }
        }
    }

    /// Whether the user's record names the deployment, as far as that can be told: also one
    /// that is disconnected, for their data is there.
    async fn may_be_named(&self, user: &UserId, client: &Client) -> bool {
        match self.inner().store.get(user).await {
            Ok(Some(record)) => {
                let present = self.client(user, &record);
                present.map_or(true, |present| present.host() == client.host())
            }
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// Claims the deployment of a user whose call it refused because it is nobody's, if
    /// that is still where main says that their data is. Says whether it is the user's
    /// then, so that the call can be sent again.
    pub(crate) async fn claim_in_use(
        &self,
        connected: &Connected,
        user: &UserId,
        subject: &Subject,
        deadline: Deadline,
    ) -> Claim {
        let client = &connected.client;
        // A route may be older than a disconnect elsewhere, after which the deployment
        // was released: for others, not to be claimed again.
        let record = tokio::time::timeout(deadline.left(), self.inner().store.get(user));
        let record = record.await.ok().and_then(|record| record.ok().flatten());
        let is_in_use = record.is_some_and(|record| {
            record.connection_status == ConnectionStatus::Connected
                && self.fingerprint(user, &record) == Some(connected.fingerprint)
        });
        if !is_in_use {
            self.clear_user_client(user);
            return Claim::Unclaimed;
        }
        let claim = client.claim(subject.as_str(), user.as_str(), deadline);
        match claim.await {
            Ok(claimed) => {
                tracing::info!(?user, claim = ?claimed.claim, "claimed the user's deployment");
                let claims = &self.inner().claims;
                claims.note(user, connected.fingerprint, claimed.claim);
                claimed.claim
            }
            Err(error) => {
                tracing::warn!(?user, %error, "the user's deployment could not be claimed");
                Claim::Unclaimed
            }
        }
    }
}

/// A claim that was made for a user whose credentials are not stored yet.
pub(crate) struct NewClaim {
    pub(crate) claim: Claim,
    /// Where it was nobody's before.
    to_release: Option<(Client, Subject)>,
}

impl NewClaim {
    /// Whether somebody else made it, who may give it up: a connect of the same user that
    /// was called off.
    pub(crate) fn is_of_another(&self) -> bool {
        self.claim == Claim::Yours && self.to_release.is_none()
    }
}
