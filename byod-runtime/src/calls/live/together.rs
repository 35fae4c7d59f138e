//! Several queries, watched together.

use std::vec;

use byod_sync::Json;
use futures_util::stream::{self, StreamExt as _};

use super::follower::{Follower, Results};
use super::one::{Live, LiveRouted, Reader, apart};
use super::polled::Asked;
use crate::calls::call::{Prepared, Query, Routed};
use crate::calls::session::Session;
use crate::error::Error;

impl Session {
    /// The values of several queries, all of one moment, and each state that they have
    /// afterwards: as [`Query::watch`] gives those of one.
    ///
    /// Takes a tuple of queries (of up to eight types) or a `Vec` of one type. They must be of
    /// this session's user and `Byod`, and of one deployment: where the user's
    /// route takes them apart it gives [`Error::DeploymentChanged`] until it no longer does.
    /// An error of one of them stands in place of all.
    ///
    /// ```ignore
    /// let mut both = session.watch((conversations::list(&session, a), messages::unread(&session, b)));
    /// while let Some(values) = both.next().await {
    ///     let (conversations, unread) = values?;
    /// }
    /// ```
    pub fn watch<Q: LiveQueries + 'static>(&self, queries: Q) -> Live<Q::Values> {
        let mut watched = Apart(Vec::new());
        let readers = queries.apart(&mut watched);
        let same = watched
            .0
            .iter()
            .all(|query| query.session.is_same_user(self));
        let follower = Box::new(Follower::new(self.clone(), watched.0));
        // Said once, and nothing else ever.
        let problem = (!same).then(|| {
            Error::config(
                "a query is of another user or another `Byod` than what is watched together: make it with the session that watches",
            )
        });
        let state = (follower, readers, problem, same);
        let values = stream::unfold(state, async |(mut follower, readers, problem, same)| {
            let value = match (problem, same) {
                (Some(problem), _) => Err(problem),
                (None, false) => std::future::pending().await,
                (None, true) => {
                    follower
                        .next(|results| routed::<Q>(&readers, results))
                        .await
                }
            };
            Some((value, (follower, readers, None, same)))
        });
        Live(LiveRouted(values.boxed()))
    }
}

fn routed<Q: LiveQueries>(
    readers: &Q::Readers,
    mut results: Results,
) -> Result<Routed<Q::Values>, Error> {
    let next = std::mem::take(&mut results.results).into_iter();
    let mut given = Given { results, next };
    Ok(Routed {
        value: Q::read(readers, &mut given)?,
        deployment: given.results.target.deployment(),
        sees_no_connected: Q::sees_no_connected(readers),
        mirror_age: given.results.mirror_age,
    })
}

/// Queries without the types of their values.
#[doc(hidden)]
pub struct Apart(Vec<Prepared<Json>>);

/// What they gave, to be taken in order.
#[doc(hidden)]
pub struct Given {
    results: Results,
    next: vec::IntoIter<Asked>,
}

/// Queries that [`Session::watch`] takes: tuples, and a `Vec` of one type.
///
/// ```
/// use byod_runtime::{Live, Query, Session};
///
/// /// A title and how much there is of it, never of two moments.
/// fn both(session: &Session, title: Query<String>, count: Query<f64>) -> Live<(String, f64)> {
///     session.watch((title, count))
/// }
/// ```
pub trait LiveQueries: sealed::Sealed + Sized {
    /// A value each.
    type Values;
    #[doc(hidden)]
    type Readers: Send + Sync;

    #[doc(hidden)]
    fn apart(self, watched: &mut Apart) -> Self::Readers;

    #[doc(hidden)]
    fn read(readers: &Self::Readers, given: &mut Given) -> Result<Self::Values, Error>;

    #[doc(hidden)]
    fn sees_no_connected(readers: &Self::Readers) -> bool;
}

mod sealed {
    pub trait Sealed {}
}

fn take<T>(query: Query<T>, watched: &mut Apart) -> Reader<T> {
    let (_, query, reader) = apart(query.0);
    watched.0.push(query);
    reader
}

fn next<T>(reader: &Reader<T>, given: &mut Given) -> Result<T, Error> {
    let nothing = || Err(Error::argument("nothing is watched"));
    let next = given.next.next().unwrap_or_else(nothing);
    reader.read(next, &given.results)
}

impl<T> sealed::Sealed for Vec<Query<T>> {}

impl<T> LiveQueries for Vec<Query<T>> {
    type Values = Vec<T>;
    type Readers = Vec<Reader<T>>;

    fn apart(self, watched: &mut Apart) -> Self::Readers {
        self.into_iter().map(|query| take(query, watched)).collect()
    }

    fn read(readers: &Self::Readers, given: &mut Given) -> Result<Self::Values, Error> {
        readers.iter().map(|reader| next(reader, given)).collect()
    }

    fn sees_no_connected(readers: &Self::Readers) -> bool {
        readers.iter().any(Reader::sees_no_connected)
    }
}

macro_rules! tuple {
    ($($value:ident $index:tt),*) => {
        impl<$($value),*> sealed::Sealed for ($(Query<$value>,)*) {}

        impl<$($value),*> LiveQueries for ($(Query<$value>,)*) {
            type Values = ($($value,)*);
            type Readers = ($(Reader<$value>,)*);

            fn apart(self, watched: &mut Apart) -> Self::Readers {
                ($(take(self.$index, watched),)*)
            }

            fn read(
                readers: &Self::Readers,
                given: &mut Given) -> Result<Self::Values, Error> {
                Ok(($(next(&readers.$index, given)?,)*))
            }

            fn sees_no_connected(readers: &Self::Readers) -> bool {
                [$(readers.$index.sees_no_connected()),*].contains(&true)
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
