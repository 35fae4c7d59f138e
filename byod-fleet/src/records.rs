//! All users' records, a page at a time.

use std::time::{SystemTime, UNIX_EPOCH};

use byod_runtime::{Byod, Error, UserDatabaseConfig};
use futures_util::stream::{self, Stream, TryStreamExt as _};

/// Where the next page begins.
enum Next {
    First,
    At(String),
    End,
}

/// The records, oldest first. No more of them are held than a page has, and main is asked once
/// for each page.
pub(crate) fn records(
    byod: &Byod,
    page: u32,
) -> impl Stream<Item = Result<UserDatabaseConfig, Error>> {
    let pages = stream::try_unfold(Next::First, move |next| async move {
        let cursor = match &next {
            Next::First => None,
            Next::At(cursor) => Some(cursor.as_str()),
            Next::End => return Ok(None),
        };
        let page = byod.user_records(cursor, page).await?;
        let records = stream::iter(page.records.into_iter().map(Ok));
        Ok::<_, Error>(Some((records, page.next.map_or(Next::End, Next::At))))
    });
    pages.try_flatten()
}

/// The present time as records have it, in milliseconds since 1970.
pub(crate) fn milliseconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1_000.0)
}
