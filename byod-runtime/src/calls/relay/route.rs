//! Where a user's functions run.

use byod_schema::FunctionType;
use tokio::time::{Instant, sleep_until};

use crate::calls::session::Session;
use crate::error::{Deployment, Error};
use crate::routing::{Following, RoutedClient, Wanted};

/// Where a function of main's runs for the session's user: on main, or on their own deployment.
///
/// What this build doesn't know, or knows as another kind, is main's to answer, and refused to who has a deployment of their
/// own.
///
/// # Errors
///
/// [`Error::NotServed`], [`Error::Blocked`] and [`Error::RolloutRefused`], and what kept the user's record from being read, as
/// of a session's calls.
pub async fn runs_at(
    session: &Session,
    path: &str,
    kind: FunctionType,
) -> Result<Deployment, Error> {
    let byod = session.byod();
    let known = byod.router().function(path);
    let Some(function) = known.filter(|function| function.kind == kind) else {
        let user = session.user_id().clone();
        drop(byod.client_for_function(path, user).await?);
        let main: &RoutedClient = byod.main();
        return Ok(main.deployment.clone());
    };
    let wanted = Wanted::of(function, kind);
    let deadline = byod.main_client().deadline();
    let target = match session.known_target(wanted, deadline)? {
        Some(target) => target,
        None => session.target(wanted, None, deadline).await?,
    };
    Ok(target.deployment())
}

/// Tells when a user's functions may run elsewhere.
#[derive(Debug)]
pub struct Route {
    following: Following,
    every: std::time::Duration,
    look_again: Instant,
}

impl Route {
    /// Follows the route of the session's user.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] where as many follow it as may
    /// ([`live_subscriptions`](crate::ByodBuilder::live_subscriptions)).
    pub fn follow(session: &Session) -> Result<Self, Error> {
        let inner = session.byod().inner();
        let user = session.user_id();
        let Some(following) = inner.followers.follow(user, 1, &inner.rollouts) else {
            let context = inner.main.client.context(FunctionType::Query, "");
            let limit = inner.followers.limit;
            let call = context.call();
            return Err(Error::Busy { call, limit });
        };
        let every = inner.live.route;
        Ok(Self {
            following,
            every,
            look_again: Instant::now() + every,
        })
    }

    /// What is found of it from now on is of now.
    pub fn look(&mut self) {
        self.following.look();
        self.look_again = Instant::now() + self.every;
    }

    /// Whether functions may run elsewhere since it was looked.
    pub fn may_have_changed(&self) -> bool {
        self.following.may_have_changed()
    }

    /// Waits until they may, or until it is time to look again though nobody says so.
    pub async fn changed(&mut self) {
        tokio::select! {
            () = self.following.changed() => {}
            () = sleep_until(self.look_again) => {}
        }
    }
}
