//! Connecting a deployment and taking along what its user has, and leaving one with it.

use std::future::IntoFuture;
use std::pin::Pin;

use super::connecting::Connect;
use super::moving::{KeepFor, Move, MoveReport};
use super::service::Byod;
use super::testing::ConnectionTest;
use crate::error::Error;
use crate::users::{ConnectionStatus, Subject, UserDatabaseConfig, UserId};

/// A deployment that is to be connected with what its user has: awaited, it is.
///
/// ```
/// use byod_runtime::{BringData, Byod, Credentials, KeepFor};
///
/// /// Leaves a copy on main.
/// fn careful(byod: &Byod, user_id: &str, subject: &str, entered: &Credentials) -> BringData {
///     byod.connect(user_id, subject, entered).bring_data().keep(KeepFor::Good)
/// }
/// ```
#[must_use = "nothing is connected until it is awaited"]
#[derive(Clone, Debug)]
pub struct BringData {
    connect: Connect,
    keep: KeepFor,
}

/// What came of connecting a deployment and bringing its user's data there.
///
/// ```
/// use byod_runtime::Brought;
///
/// fn is_all_there(brought: &Brought) -> bool {
///     brought.moved.as_ref().is_some_and(|moved| moved.kept == 0)
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Brought {
    /// What the deployment's test found.
    pub test: ConnectionTest,
    /// What was moved; `None` where the deployment can't be used.
    pub moved: Option<MoveReport>,
}

/// Somebody whose deployment answers no more.
///
/// ```
/// use byod_runtime::{Byod, Error};
///
/// /// Disconnects, and takes all along.
/// async fn leave(byod: &Byod, user_id: &str, subject: &str) -> Result<u64, Error> {
///     let disconnected = byod.disconnect(user_id).await?;
///     Ok(disconnected.bring_back(subject).await?.documents)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Disconnected {
    byod: Byod,
    user: UserId,
}

/// What is on a deployment that was disconnected.
///
/// ```
/// use byod_runtime::{Disconnected, Error, LeftBehind};
///
/// async fn told(disconnected: &Disconnected, subject: &str) -> Result<String, Error> {
///     let LeftBehind { documents, .. } = disconnected.left_behind(subject).await?;
///     Ok(format!("{documents} documents stay on your deployment."))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftBehind {
    /// How many documents.
    pub documents: u64,
    /// How long they are as JSON.
    pub bytes: u64,
}

impl Connect {
    /// Brings along what the user has on main, as [`Byod::move_in`] does: until all is there
    /// main answers, and from then on their deployment, so there is no moment of an empty app.
    ///
    /// A deployment that can't be used is not stored then. Asked for again after it was cut
    /// off, it goes on. Who is connected already has what is on main brought there as well;
    /// what is on the deployment that they leave, [`Byod::move_out`] brings to main before.
    ///
    /// ```
    /// use byod_runtime::{Byod, Credentials, Error};
    ///
    /// async fn connected(byod: &Byod, user_id: &str, subject: &str, entered: &Credentials) -> Result<String, Error> {
    ///     let brought = byod.connect(user_id, subject, entered).bring_data().await?;
    ///     Ok(match (brought.test.problem, brought.moved) {
    ///         (Some(problem), _) => problem.to_string(), // a sentence for the user
    ///         (None, moved) => format!("{} documents are there.", moved.map_or(0, |moved| moved.documents)),
    ///     })
    /// }
    /// ```
    pub fn bring_data(self) -> BringData {
        let keep = KeepFor::default();
        BringData {
            connect: self,
            keep,
        }
    }
}

impl BringData {
    /// How long what was moved stays on main. Default: seven days.
    pub fn keep(mut self, keep: KeepFor) -> Self {
        self.keep = keep;
        self
    }

    async fn run(self) -> Result<Brought, Error> {
        let Connect {
            byod,
            user,
            subject,
            credentials,
        } = &self.connect;
        user.check()?;
        let is_under_way = |record: &UserDatabaseConfig| {
            let opened = byod.open(user, record);
            record.is_moving() && opened.is_ok_and(|opened| opened.is_same(credentials))
        };
        let record = byod.inner().store.get(user).await?;
        let goes_on = record.as_ref().is_some_and(is_under_way);
        let mut test = match goes_on {
            true => byod.test_connection(user.clone()).await?,
            false => self.connect.stored(true).await?,
        };
        let pending = test.status == ConnectionStatus::Pending;
        if test.problem.is_some() || !(pending || test.status == ConnectionStatus::Connected) {
            return Ok(Brought { test, moved: None });
        }
        let moving = byod.move_in(user.clone(), subject.clone()).keep(self.keep);
        let moving = match pending && !goes_on {
            // Who disconnects meanwhile has done so.
            true => moving.expecting(ConnectionStatus::Pending),
            false => moving,
        };
        let moved = Some(moving.await?);
        test.status = byod.status_of(user, None).await?;
        Ok(Brought { test, moved })
    }
}

impl IntoFuture for BringData {
    type Output = Result<Brought, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl Disconnected {
    pub(super) fn new(byod: Byod, user: UserId) -> Self {
        Self { byod, user }
    }

    /// What stays behind on the deployment, as far as its functions tell: it is asked, and
    /// goes through all that is there.
    ///
    /// Needs `[user.move]` in `byod.toml`, and both projects exported with it. Errors are
    /// those of the deployment; [`Error::NoRecord`] where the user never had one.
    pub async fn left_behind(&self, subject: impl Into<Subject>) -> Result<LeftBehind, Error> {
        let planned = self.bring_back(subject).plan().await?;
        let tables = planned.tables.iter();
        let (documents, bytes) = tables.fold((0u64, 0u64), |(documents, bytes), table| {
            (
                documents.saturating_add(table.documents),
                bytes.saturating_add(table.bytes),
            )
        });
        Ok(LeftBehind { documents, bytes })
    }

    /// Brings it to main: as [`Byod::move_out`].
    pub fn bring_back(&self, subject: impl Into<Subject>) -> Move {
        self.byod.move_out(self.user.clone(), subject)
    }
}
