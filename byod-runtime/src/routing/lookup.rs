//! Where a user's calls go: the switch, the cached route, and reading the record
//! that the route comes from. What follows from them is decided in `route`.

use std::sync::Arc;

use byod_schema::Location;

use super::cache::{Blocked, Route, Why};
use super::decision::{Decision, decide, needs_record};
use super::rollout::{Rollout, Rollouts};
use super::service::Byod;
use super::status::{UserStatus, outdated};
use super::target::{Target, Wanted};
use crate::deployment::{Auth, Deadline, Token};
use crate::error::{EXPLANATION, Error, one_line};
use crate::users::{ConnectionStatus, UserId};

/// What calls that are made together need to know for routing, each read once: so
/// they agree, and a record that can't be read is asked for once.
#[derive(Default)]
pub(crate) struct Known {
    route: Option<Result<Route, Error>>,
    rollouts: Vec<(Box<str>, Rollout)>,
}

impl Known {
    fn rollout(&mut self, table: &str, rollouts: &Rollouts) -> Rollout {
        let mut known = self.rollouts.iter();
        if let Some((_, rollout)) = known.find(|(name, _)| **name == *table) {
            return *rollout;
        }
        let rollout = rollouts.get(table);
        self.rollouts.push((table.into(), rollout));
        rollout
    }
}

impl Byod {
    /// Main, called with the user's token where there is one.
    fn main_with(&self, token: Option<&Token>) -> Target {
        let mut main = self.main().clone();
        if let Some(token) = token {
            main.client = main.client.with_auth(Auth::user(token));
        }
        Target::Main(main)
    }

    /// The switch of a table whose calls need the user's route; `None` for those that
    /// go to main whatever that is.
    fn switch(
        &self,
        user: &UserId,
        wanted: Wanted<'_>,
        known: Option<&mut Known>,
    ) -> Result<Option<Rollout>, Error> {
        user.check()?;
        // Main tables need neither the switch nor the record.
        if wanted.location == Location::Main {
            return Ok(None);
        }
        let rollout = match known {
            Some(known) => known.rollout(wanted.table, &self.inner().rollouts),
            None => self.inner().rollouts.get(wanted.table),
        };
        Ok(needs_record(wanted.location, rollout).then_some(rollout))
    }

    /// Where a call goes, if that is known without reading anything. `token` is the
    /// user's for main.
    pub(crate) fn known_target(
        &self,
        user: &UserId,
        token: Option<&Token>,
        wanted: Wanted<'_>,
        deadline: Deadline,
    ) -> Result<Option<Target>, Error> {
        let Some(rollout) = self.switch(user, wanted, None)? else {
            return Ok(Some(self.main_with(token)));
        };
        let Some(route) = self.inner().routes.hit(user, deadline.begin) else {
            return Ok(None);
        };
        self.follow(route, rollout, token, wanted).map(Some)
    }

    /// Where a call goes. `known` is shared by calls that are made together.
    pub(crate) async fn target(
        &self,
        user: &UserId,
        token: Option<&Token>,
        wanted: Wanted<'_>,
        mut known: Option<&mut Known>,
        deadline: Deadline,
    ) -> Result<Target, Error> {
        let Some(rollout) = self.switch(user, wanted, known.as_deref_mut())? else {
            return Ok(self.main_with(token));
        };
        let route = match known {
            None => self.user_route(user, deadline).await,
            Some(Known { route, .. }) => match route {
                Some(route) => route.clone(),
                None => route.insert(self.user_route(user, deadline).await).clone(),
            },
        };
        let route = route.map_err(|error| {
            // What is wrong with the record itself names the user.
            match error.call() {
                Some(_) => Error::Record {
                    call: wanted.context(self.inner().main.client.host()).call(),
                    source: Box::new(error),
                },
                None => error,
            }
        })?;
        self.follow(route, rollout, token, wanted)
    }

    /// Where a call goes whose user has that route.
    fn follow(
        &self,
        route: Route,
        rollout: Rollout,
        token: Option<&Token>,
        wanted: Wanted<'_>,
    ) -> Result<Target, Error> {
        let Wanted {
            table,
            location,
            kind,
            ..
        } = wanted;
        let call = |deployment| wanted.context(deployment).call();
        match (decide(location, rollout, route.standing(), kind), route) {
            (Decision::User, Route::Connected(connected)) => Ok(Target::User(connected)),
            (Decision::Refused, Route::Connected(connected)) => Err(Error::RolloutRefused {
                call: call(connected.client.host()),
                table: table.into(),
            }),
            (Decision::Blocked, Route::Blocked(blocked)) => {
                let call = call(&blocked.deployment);
                Err(blocked.error(call, self.inner().minimum_schema_version))
            }
            _ => Ok(self.main_with(token)),
        }
    }

    async fn user_route(&self, user: &UserId, deadline: Deadline) -> Result<Route, Error> {
        let route = self.inner().routes.get(user, || self.load(user));
        match tokio::time::timeout(deadline.left(), route).await {
            Ok(route) => route,
            Err(_) => Err(Error::Timeout {
                call: self.inner().store.reading().call(),
                limit: deadline.limit,
                connecting: false,
            }),
        }
    }

    /// Reads the user's record and makes of it what calls need.
    async fn load(&self, user: &UserId) -> Result<Route, Error> {
        let record = self.inner().store.get(user).await?;
        let minimum = self.inner().minimum_schema_version;
        self.publish(user, || {
            let mut status = UserStatus::of(record.as_ref(), minimum);
            let record = record.as_ref().filter(|_| status.enabled);
            let claims = &self.inner().claims;
            let known = |record| claims.get(user, self.fingerprint(user, record)?);
            status.claim = record.and_then(known);
            status
        });
        let Some(record) = record else {
            tracing::debug!(?user, "the user has no record of an own deployment");
            return Ok(Route::NotConnected);
        };
        tracing::debug!(?user, status = ?record.connection_status, "read the user's record");
        let outdated = outdated(&record, minimum).map(Why::Outdated);
        let why = match (outdated, &record.connection_status) {
            (Some(outdated), _) => outdated,
            (_, ConnectionStatus::Pending | ConnectionStatus::Disconnected) => {
                return Ok(Route::NotConnected);
            }
            (_, ConnectionStatus::Connected) => {
                let connected = self.connected(user, &record)?;
                return Ok(Route::Connected(Arc::new(connected)));
            }
            (_, ConnectionStatus::Error) => {
                Why::Failing(match record.connection_error.as_deref() {
                    None | Some("") => "no reason is stored".into(),
                    Some(reason) => one_line(reason, 2 * EXPLANATION).into(),
                })
            }
            (_, ConnectionStatus::Unknown(status)) => {
                let status = one_line(status, EXPLANATION);
                let reason =
                    format!("its connectionStatus `{status}` is not known to this version");
                Why::Failing(reason.into())
            }
        };
        // The host makes the error clearer; the record may be too broken to tell it.
        let deployment = match self.client(user, &record) {
            Ok(client) => client.host().into(),
            Err(_) => "the user's deployment".into(),
        };
        // Whether it works again says nothing about a status that isn't known.
        if !matches!(record.connection_status, ConnectionStatus::Unknown(_)) {
            self.recover(user, None);
        }
        Ok(Route::Blocked(Arc::new(Blocked { deployment, why })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_made_together_see_one_switch() {
        let (mut known, rollouts) = (Known::default(), Rollouts::default());
        assert_eq!(known.rollout("notes", &rollouts), Rollout::On);
        rollouts.set_all(Rollout::Off);
        assert_eq!(known.rollout("notes", &rollouts), Rollout::On);
        assert_eq!(known.rollout("tasks", &rollouts), Rollout::Off);
    }
}
