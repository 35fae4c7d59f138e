//! All users' records, a page at a time.

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
