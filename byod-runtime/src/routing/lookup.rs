//! Where a user's calls go: the switch, the cached route, and reading the record
//! that the route comes from. What follows from them is decided in `decision`.

use std::sync::Arc;
use std::time::Duration;

use super::cache::{Blocked, Route, Why};
use super::decision::{Decision, Standing, decide, needs_record};
use super::rollout::{Rollouts, Switch, Switches};
use super::service::Byod;
use super::status::{UserStatus, outdated};
use super::target::{Target, Wanted};
use crate::codec::Runs;
use crate::deployment::{Auth, Deadline, Token};
use crate::error::{Call, EXPLANATION, Error, one_line};
use crate::users::{ConnectionStatus, UserId};

/// When who writes while the user's data is on its way is to try again.
const RETRY_MOVING: Duration = Duration::from_secs(5);

/// What calls that are made together need to know for routing, each read once: so
/// they agree, and a record that can't be read is asked for once.
#[derive(Default)]
pub(crate) struct Known {
    route: Option<Result<Route, Error>>,
    switches: Option<Arc<Switches>>,
}

impl Known {
    fn switch<'a>(&mut self, wanted: Wanted<'a>, rollouts: &Rollouts) -> Switch<'a> {
        let switches = self.switches.get_or_insert_with(|| rollouts.now());
        switches.of(wanted.switches, wanted.table)
    }
}

impl Byod {
    /// An action that asks for what the user has is told of the route alone, where there
    /// is one: what it asks for is refused in any case.
    fn refuse_moving(&self, user: &UserId, wanted: Wanted<'_>) -> Result<(), Error> {
        let asks = matches!(wanted.runs, Runs::Asks);
        let route = || self.inner().routes.peek(user);
        if asks && route().is_some_and(|route| route.is_frozen()) {
            let call = wanted.context(self.inner().main.client.host()).call();
            return Err(moving(call));
        }
        Ok(())
    }

    /// Main, called with the user's token where there is one.
    fn main_with(&self, token: Option<&Token>) -> Target {
        let mut main = self.main().clone();
        if let Some(token) = token {
            main.client = main.client.with_auth(Auth::user(token));
        }
        Target::Main(main)
    }

    /// What the switches say of calls that need the user's route; `None` for those that
    /// go to main whatever that is.
    fn switch<'a>(
        &self,
        user: &UserId,
        token: Option<&Token>,
        wanted: Wanted<'a>,
        known: Option<&mut Known>,
    ) -> Result<Option<Switch<'a>>, Error> {
        user.check()?;
        // What runs on main needs neither the switch nor the record.
        match wanted.runs {
            Runs::Main { .. } => return Ok(None),
            Runs::Asks if token.is_some() => return Ok(None),
            Runs::Asks | Runs::User | Runs::Refused { .. } => {}
        }
        let rollouts = &self.inner().rollouts;
        let switch = match known {
            Some(known) => known.switch(wanted, rollouts),
            None => rollouts.of(wanted.switches, wanted.table),
        };
        Ok(needs_record(wanted.runs, switch).then_some(switch))
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
        let Some(switch) = self.switch(user, token, wanted, None)? else {
            self.refuse_moving(user, wanted)?;
            return Ok(Some(self.main_with(token)));
        };
        let Some(route) = self.inner().routes.hit(user, deadline.begin) else {
            return Ok(None);
        };
        self.follow(route, switch, token, wanted).map(Some)
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
        let Some(switch) = self.switch(user, token, wanted, known.as_deref_mut())? else {
            self.refuse_moving(user, wanted)?;
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
        self.follow(route, switch, token, wanted)
    }

    /// Where a call goes whose user has that route.
    fn follow(
        &self,
        route: Route,
        switch: Switch<'_>,
        token: Option<&Token>,
        wanted: Wanted<'_>,
    ) -> Result<Target, Error> {
        let call = |deployment| wanted.context(deployment).call();
        let only_reads = wanted.endpoint.only_reads();
        let is_refused =
            matches!(wanted.runs, Runs::Refused { .. }) && route.standing() == Standing::Connected;
        // What connected users never have isn't served later either.
        if route.is_frozen() && !only_reads && !is_refused {
            let call = call(route.host().unwrap_or(self.inner().main.client.host()));
            return Err(moving(call));
        }
        let decision = decide(wanted.runs, switch, route.standing(), only_reads);
        match (decision, route) {
            (Decision::User, Route::Connected(connected)) => Ok(Target::User(connected)),
            (Decision::NotServed { refusal, reason }, route) => Err(Error::NotServed {
                call: call(route.host().unwrap_or("the user's deployment")),
                refusal,
                reason: reason.into(),
            }),
            (
                Decision::Refused {
                    table,
                    still_on_main,
                },
                Route::Connected(connected),
            ) => Err(Error::RolloutRefused {
                call: call(connected.client.host()),
                table: table.into(),
                still_on_main,
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
        self.listen();
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
            return Ok(Route::NotConnected { frozen: false });
        };
        self.inner().listening.read(user, record.updated_at);
        tracing::debug!(?user, status = ?record.connection_status, "read the user's record");
        let outdated = outdated(&record, minimum).map(Why::Outdated);
        let why = match (outdated, &record.connection_status) {
            (Some(outdated), _) => outdated,
            (_, ConnectionStatus::Pending | ConnectionStatus::Disconnected) => {
                let frozen = record.is_frozen();
                return Ok(Route::NotConnected { frozen });
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

/// Of a write while the user's data is on its way.
fn moving(call: Box<Call>) -> Error {
    let retry_after = RETRY_MOVING;
    Error::Moving { call, retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Endpoint;
    use crate::routing::Rollout;

    #[test]
    fn calls_made_together_see_one_switch() {
        let wanted = |table: &'static [&'static str]| Wanted {
            runs: Runs::User,
            switches: table,
            table: "notes",
            endpoint: Endpoint::Query,
            path: "notes:list",
        };
        let (mut known, rollouts) = (Known::default(), Rollouts::default());
        assert_eq!(known.switch(wanted(&["notes"]), &rollouts), Switch::On);
        rollouts.set_all(Rollout::Off);
        assert_eq!(known.switch(wanted(&["notes"]), &rollouts), Switch::On);
        assert_eq!(known.switch(wanted(&["tasks"]), &rollouts), Switch::On);
        let mut later = Known::default();
        assert_eq!(later.switch(wanted(&["tasks"]), &rollouts), Switch::Off);
    }
}
