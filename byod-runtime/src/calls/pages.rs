//! The pages of a paginated query as a stream, and their items.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use byod_schema::FunctionType;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};

use super::paginated::{PaginatedQuery, Range};
use crate::codec::{Page, PageStatus};
use crate::error::{Deployment, Endpoint, Error};
use crate::routing::Target;

/// How deep a page can be split into parts before that counts as an error.
const SPLITS: usize = 32;

impl<T> PaginatedQuery<T> {
    /// All pages, beginning at the cursor, each requested when the one before has
    /// been taken.
    ///
    /// The last page has `is_done`; an error is the last thing the stream gives.
    /// Each page is routed anew: if the user connects a deployment in the middle,
    /// or disconnects it, that is [`Error::DeploymentChanged`]. A page that the
    /// deployment could not read whole ([`SplitRequired`](crate::PageStatus::SplitRequired)) is read
    /// again in parts, each of which is then a page of its own. Dropping the
    /// stream closes a request that is under way; no other is sent.
    pub fn pages(self) -> Pages<T>
    where
        T: Send + 'static,
    {
        let again = Box::new(self.again());
        Pages(read(self), again)
    }

    /// All items, page by page as [`pages`](Self::pages) gives them; no more than
    /// one page is held.
    pub fn items(self) -> Items<T>
    where
        T: Send + 'static,
    {
        Items::new(self.pages())
    }
}

/// Reads page after page.
struct Reader<T> {
    call: PaginatedQuery<T>,
    /// The deployment that the pages so far came from.
    deployment: Option<Deployment>,
    /// What is still to be read, the next range last; empty when all is done.
    ranges: Vec<Range>,
}

impl<T> Reader<T> {
    async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        while let Some(range) = self.ranges.pop() {
            match self.read(range).await {
                Ok(None) => {}
                Ok(Some(page)) => return Some(Ok(page)),
                Err(error) => {
                    self.ranges.clear();
                    return Some(Err(error));
                }
            }
        }
        None
    }

    /// The range's page, with what comes behind it planned; `None` if it has to
    /// be read in parts.
    async fn read(&mut self, range: Range) -> Result<Option<Page<T>>, Error> {
        let call = self.call.part(&range);
        let mut client = None;
        let check = |target: &Target| {
            client = Some(target.client().clone());
            self.stay_on(target)
        };
        let page = call.run_where(FunctionType::Query, check).await?.value;
        let parts = page.page_status == Some(PageStatus::SplitRequired);
        let planned = if parts {
            self.plan_parts(range, &page)
        } else {
            self.plan_next(range, &page)
        };
        match (planned, client) {
            (Err(reason), Some(client)) => Err(Error::Answer {
                call: client.context(Endpoint::Query, self.call.path()).call(),
                reason: reason.into(),
                executed: true,
            }),
            _ => Ok((!parts).then_some(page)),
        }
    }

    fn stay_on(&mut self, target: &Target) -> Result<(), Error> {
        let deployment = target.deployment();
        match &self.deployment {
            Some(before) if *before != deployment => Err(Error::DeploymentChanged {
                call: target
                    .client()
                    .context(Endpoint::Query, self.call.path())
                    .call(),
                before: Box::new(before.clone()),
            }),
            Some(_) => Ok(()),
            None => {
                self.deployment = Some(deployment);
                Ok(())
            }
        }
    }

    fn plan_next(&mut self, range: Range, page: &Page<T>) -> Result<(), &'static str> {
        let next = match range.end {
            Some(end) => range.goes_on.then_some(end),
            None if page.is_done => None,
            None if range.cursor.as_ref() == Some(&page.continue_cursor) => {
                return Err(
                    "the page ends where it began, so the next would be the same: does the function pass `paginationOpts` on to `paginate`?",
                );
            }
            None => Some(page.continue_cursor.clone()),
        };
        self.ranges.extend(next.map(|next| Range::from(Some(next))));
        Ok(())
    }

    /// As Convex's own clients do: the first part goes up to the split cursor, the
    /// second from there to where the page ended.
    fn plan_parts(&mut self, range: Range, page: &Page<T>) -> Result<(), &'static str> {
        let (end, goes_on) = match range.end {
            Some(end) => (end, range.goes_on),
            None => (page.continue_cursor.clone(), !page.is_done),
        };
        let Some(split) = page.split_cursor.clone() else {
            return Err(
                "the page is incomplete and can't be split: ask for smaller pages with `page_size`",
            );
        };
        let stuck = range.cursor.as_ref() == Some(&split) || split == end;
        if stuck || self.ranges.len() >= SPLITS {
            return Err(
                "the page is still incomplete after it was split: ask for smaller pages with `page_size`",
            );
        }
        self.ranges.push(Range {
            cursor: Some(split.clone()),
            end: Some(end),
            goes_on,
        });
        self.ranges.push(Range {
            cursor: range.cursor,
            end: Some(split),
            goes_on: false,
        });
        Ok(())
    }
}

fn read<T: Send + 'static>(call: PaginatedQuery<T>) -> BoxStream<'static, Result<Page<T>, Error>> {
    let reader = Reader {
        ranges: vec![call.start()],
        call,
        deployment: None,
    };
    let pages = stream::unfold(reader, async |mut reader| {
        let page = reader.next().await?;
        Some((page, reader))
    });
    pages.fuse().boxed()
}

/// The pages of a [`PaginatedQuery`]: a [`Stream`], see
/// [`PaginatedQuery::pages`].
///
/// ```
/// use byod_runtime::{Error, PaginatedQuery};
///
/// async fn count(query: PaginatedQuery<String>) -> Result<usize, Error> {
///     let mut pages = query.page_size(100).pages();
///     let mut count = 0;
///     while let Some(page) = pages.next().await {
///         count += page?.page.len();
///     }
///     Ok(count)
/// }
/// ```
#[must_use = "a stream requests nothing until it is polled"]
pub struct Pages<T>(
    BoxStream<'static, Result<Page<T>, Error>>,
    pub(super) Box<PaginatedQuery<T>>,
);

impl<T> Pages<T> {
    /// The next page; `None` after the last one, or after an error.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        self.0.next().await
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

/// The items of a [`PaginatedQuery`]: a [`Stream`], see
/// [`PaginatedQuery::items`].
///
/// ```
/// use byod_runtime::{Error, PaginatedQuery};
///
/// async fn find(query: PaginatedQuery<String>, wanted: &str) -> Result<bool, Error> {
///     let mut items = query.items();
///     while let Some(item) = items.next().await {
///         if item? == wanted {
///             return Ok(true); // no other page is asked for
///         }
///     }
///     Ok(false)
/// }
/// ```
#[must_use = "a stream requests nothing until it is polled"]
pub struct Items<T> {
    pages: Pages<T>,
    /// What is left of the page that was read last.
    page: vec::IntoIter<T>,
}

impl<T> Items<T> {
    pub(crate) fn new(pages: Pages<T>) -> Self {
        Self {
            pages,
            page: Vec::new().into_iter(),
        }
    }

    /// The next item; `None` after the last one, or after an error.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        StreamExt::next(self).await
    }
}

// Nothing here is pinned in place: the pages are in a box of their own.
impl<T> Unpin for Items<T> {}

impl<T> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll_next_unpin(cx)) {
                // A page may be empty though others follow.
                Some(Ok(page)) => self.page = page.page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}
