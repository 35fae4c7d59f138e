//! What a server must know that this crate doesn't.

use std::future::{Future, pending};

use super::mistake::Mistake;
use super::moment::{Answer, Moment};
use crate::message::{Query, QueryId, Request, SessionId, Token};
use crate::timestamp::Timestamp;

/// The database as one client sees it: who the client is, what its queries give, and what its mutations do.
///
/// Methods are called one after the other, in the order in which the client says things. What mutations and actions do
/// goes on beside them.
pub trait View: Send {
    /// The client is there: the one of that session, which has seen moments up to that one. It is the first that is called.
    fn connected(&mut self, session: SessionId, max_observed: Option<Timestamp>) {
        let _ = (session, max_observed);
    }

    /// The latest moment there is. A client that has seen a later one is of another database, and sent away.
    fn latest(&self) -> Timestamp;

    /// The client is somebody else from now on. All queries are to be run anew.
    ///
    /// [`Stop::Refused`] tells the client to get another token.
    fn authenticate(&mut self, token: Token) -> impl Future<Output = Result<(), Stop>> + Send;

    /// A query is watched from now on.
    fn add(&mut self, query: Query);

    /// It is watched no more.
    fn remove(&mut self, id: QueryId);

    /// Waits until [`advance`](Self::advance) has something new: a query may give something else than at the last moment.
    /// With `owed`, it waits until there is a moment at `owed` or later at which all queries have a result, changed or not.
    ///
    /// It may be dropped at any time, and asked again. [`Stop::Refused`] says that the client is no longer who it was: its
    /// token has expired.
    fn ready(&mut self, owed: Option<Timestamp>) -> impl Future<Output = Result<(), Stop>> + Send;

    /// Waits until the socket is to end whatever the client is slow to take: its token has run out. It may be dropped at any
    /// time, and asked again.
    fn ends(&mut self) -> impl Future<Output = Stop> + Send {
        pending()
    }

    /// The state of the queries now, once [`ready`](Self::ready): all results are of the moment that it names, which is none
    /// before the last one.
    fn advance(&mut self) -> impl Future<Output = Moment> + Send;

    /// Runs a mutation as who the client is now, once per session and request. It begins when it is first polled, after the
    /// end of the one before. It is dropped where the client goes away; who comes back asks for it again.
    fn mutate(
        &mut self,
        session: SessionId,
        request: Request,
    ) -> impl Future<Output = Result<Answer, Stop>> + Send + 'static;

    /// Runs an action as who the client is now. Several run at a time.
    fn act(
        &mut self,
        session: SessionId,
        request: Request,
    ) -> impl Future<Output = Result<Answer, Stop>> + Send + 'static;
}

/// Why a view can't go on with a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The client is not, or no longer, who it says it is; why.
    #[error("{0}")]
    Refused(String),
    /// The client is to come back and try again.
    #[error("{reason}")]
    Close {
        /// How the socket is closed: 1013 for overload, 1011 for what is our fault, 1000 for what is not there.
        code: u16,
        /// A short word, in Convex's manner: `InternalServerError`.
        reason: &'static str,
    },
}

/// Why a socket ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// The client closed it, or the connection broke.
    #[error("the client has gone")]
    ByClient,
    /// Nothing came for too long.
    #[error("the client was silent")]
    Silent,
    /// The client did what it must not do.
    #[error("{0}")]
    Mistaken(#[from] Mistake),
    /// It was closed by this side.
    #[error("{0}")]
    Stopped(#[from] Stop),
}
