//! One query, watched.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use byod_schema::FunctionType;
use byod_sync::Json;
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};

use super::follower::{Follower, Results};
use super::polled::read_text;
use crate::calls::call::{Prepared, Query, Read, Routed};
use crate::calls::session::Session;
use crate::codec::FunctionInfo;
use crate::deployment::answer::Given;
use crate::error::Error;

impl<T> Query<T> {
    /// The query's value, and each that it has afterwards: a [`Stream`] that nobody needs to
    /// ask again.
    ///
    /// Only the newest counts: who is slow finds the latest value, and nothing piles up.
    /// It follows the user's route. After they connected a deployment, or disconnected it, the next
    /// value comes from where their data is then; while their deployment is blocked it gives
    /// [`Error::Blocked`] once, and goes on by itself when that works again. An error is a
    /// value of the stream, which never ends; it is given again only after another.
    ///
    /// Values come over one socket for each deployment and caller, shared by all that is
    /// watched. Where there can be none, the query is asked for by HTTP every
    /// [`live_poll`](crate::ByodBuilder::live_poll). Nothing happens before the stream is polled, which
    /// must be in a tokio runtime; dropping it ends the subscription. Of what is set for the
    /// call, the limits on its answer count.
    ///
    /// ```ignore
    /// let mut open = conversations::list(&session, args).watch();
    /// while let Some(list) = open.next().await {
    ///     println!("{} conversations", list?.len());
    /// }
    /// ```
    pub fn watch(self) -> Live<T>
    where
        T: 'static,
    {
        Live(self.watch_routed())
    }

    fn watch_routed(self) -> LiveRouted<T>
    where
        T: 'static,
    {
        let (session, query, reader) = apart(self.0);
        // Else the stream has a place for it, and one for it while it waits.
        let follower = Box::new(Follower::new(session, vec![query]));
        let values = stream::unfold((follower, reader), async |(mut follower, reader)| {
            let value = follower.next(|results| reader.routed(results)).await;
            Some((value, (follower, reader)))
        });
        LiveRouted(values.boxed())
    }
}

/// How the values of one query are read.
#[doc(hidden)]
pub struct Reader<T> {
    function: &'static FunctionInfo,
    read: Read<T>,
    /// How many a value may consist of.
    values: usize,
}

/// A query as it is watched, and how its values are read.
pub(super) fn apart<T>(query: Prepared<T>) -> (Session, Prepared<Json>, Reader<T>) {
    let watched = query.reading(read_text);
    let reader = Reader::of(&query);
    (query.session, watched, reader)
}

impl<T> Reader<T> {
    pub(super) fn of(query: &Prepared<T>) -> Self {
        Self {
            function: query.function,
            read: query.read,
            values: query.limits().values,
        }
    }

    pub(super) fn read(&self, value: Result<Json, Error>, results: &Results) -> Result<T, Error> {
        let mut context = results.target.context(FunctionType::Query, self.function);
        context.values = self.values;
        (self.read)(Given::Value(value?.get()), context)
    }

    pub(super) fn sees_no_connected(&self) -> bool {
        self.function.runs.sees_no_connected()
    }

    fn routed(&self, mut results: Results) -> Result<Routed<T>, Error> {
        let nothing = || Error::argument("nothing is watched");
        let value = results.results.pop().ok_or_else(nothing)?;
        let value = self.read(value, &results)?;
        Ok(Routed {
            value,
            deployment: results.target.deployment(),
            sees_no_connected: self.sees_no_connected(),
            mirror_age: results.mirror_age,
        })
    }
}

/// The values of a query that is watched: a [`Stream`], see [`Query::watch`].
///
/// ```
/// use byod_runtime::Live;
///
/// async fn follow(mut titles: Live<Vec<String>>) {
///     while let Some(value) = titles.next().await {
///         match value {
///             Ok(titles) => println!("{} of them", titles.len()),
///             Err(error) => println!("not at present: {error}"),
///         }
///     }
/// }
/// ```
#[must_use = "nothing is watched until it is polled"]
pub struct Live<T>(pub(super) LiveRouted<T>);

impl<T> Live<T> {
    /// The same with where each value came from.
    pub fn routed(self) -> LiveRouted<T> {
        self.0
    }

    /// The next value; the first is the present one. Never `None`.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        let next = self.0.next().await?;
        Some(next.map(|routed| routed.value))
    }
}

impl<T> Stream for Live<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.poll_next_unpin(context);
        next.map(|next| next.map(|next| next.map(|routed| routed.value)))
    }
}

impl<T> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

/// The values of a query that is watched, with where each came from: a [`Stream`], see
/// [`Live::routed`].
///
/// ```
/// use byod_runtime::{Error, Live};
///
/// /// Where the present value comes from.
/// async fn is_their_own(titles: Live<Vec<String>>) -> Result<bool, Error> {
///     let first = titles.routed().next().await;
///     Ok(first.transpose()?.is_some_and(|routed| routed.deployment.is_user()))
/// }
/// ```
#[must_use = "nothing is watched until it is polled"]
pub struct LiveRouted<T>(pub(super) BoxStream<'static, Result<Routed<T>, Error>>);

impl<T> LiveRouted<T> {
    /// The next value; the first is the present one. Never `None`.
    pub async fn next(&mut self) -> Option<Result<Routed<T>, Error>> {
        self.0.next().await
    }
}

impl<T> Stream for LiveRouted<T> {
    type Item = Result<Routed<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl<T> fmt::Debug for LiveRouted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveRouted").finish_non_exhaustive()
    }
}
