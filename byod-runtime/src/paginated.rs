//! Paginated queries: one page, or a stream of all of them.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use byod_schema::FunctionType;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::Error as _;

use crate::answer;
use crate::call::{Prepared, Query, Routed};
use crate::client::Endpoint;
use crate::codec::validators as v;
use crate::codec::{Arguments, Field, FunctionInfo, Page, PageStatus, Seed};
use crate::deployment::{Deployment, RoutedClient};
use crate::error::Error;
use crate::session::Session;

/// The items of a page where [`PaginatedQuery::page_size`] says nothing else.
const PAGE_SIZE: u32 = 100;

/// How deep a page can be split into parts before that counts as an error.
const SPLITS: usize = 32;

/// A query that gives its result page by page: its Convex function takes
/// `paginationOpts`, which is not among the arguments but set here.
///
/// Awaited it gives one [`Page`]; [`items`](Self::items) and
/// [`pages`](Self::pages) give a stream of everything.
///
/// ```ignore
/// let mut items = messages::page(&session, messages::PageArgs { conversation_id }).items();
/// while let Some(message) = items.next().await {
///     println!("{}", message?.content);
/// }
///
/// let first = messages::page(&session, args.clone()).page_size(20).await?;
/// let second = messages::page(&session, args).page_size(20).cursor(first.continue_cursor).await?;
/// ```
///
/// A page has 100 items unless [`page_size`](Self::page_size) says otherwise.
#[must_use = "a call does nothing until it is awaited"]
pub struct PaginatedQuery<T> {
    /// The call but for `paginationOpts`.
    prepared: Prepared<Page<T>>,
    page_size: u32,
    cursor: Option<String>,
}

/// The argument `paginationOpts`, as far as every version of Convex takes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Options<'a> {
    num_items: u32,
    cursor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_cursor: Option<&'a str>,
}

impl<T> PaginatedQuery<T> {
    /// At most how many items a page has; Convex's `numItems`. It must not be 0.
    pub fn page_size(mut self, items: u32) -> Self {
        self.page_size = items;
        self
    }

    /// Begins behind the page that had this `continue_cursor`; `None` is the
    /// beginning. The other arguments must be the ones that page was read with.
    ///
    /// A cursor is good on the deployment that gave it. On another one, after the
    /// user connected or disconnected theirs, the call fails there.
    pub fn cursor(mut self, cursor: impl Into<Option<String>>) -> Self {
        self.cursor = cursor.into();
        self
    }

    /// The function path.
    pub fn path(&self) -> &'static str {
        self.prepared.function.path
    }

    /// One page as a plain query, for a [batch](Session::batch).
    pub fn query(self) -> Query<Page<T>> {
        let range = Range::from(self.cursor.clone());
        Query(self.part(&range))
    }

    /// Reads one page and says which deployment answered, beside the page.
    pub async fn routed(self) -> Result<Routed<Page<T>>, Error> {
        self.query().routed().await
    }

    /// All pages, beginning at the cursor, each requested when the one before has
    /// been taken.
    ///
    /// The last page has `is_done`; an error is the last thing the stream gives.
    /// Each page is routed anew: if the user connects a deployment in the middle,
    /// or disconnects it, that is [`Error::DeploymentChanged`]. A page that the
    /// deployment could not read whole ([`PageStatus::SplitRequired`]) is read
    /// again in parts, each of which is then a page of its own. Dropping the
    /// stream closes a request that is under way; no other is sent.
    pub fn pages(self) -> Pages<T>
    where
        T: Send + 'static,
    {
        let ranges = vec![Range::from(self.cursor.clone())];
        let reader = Reader {
            call: self,
            deployment: None,
            ranges,
        };
        Pages(
            stream::unfold(reader, async |mut reader| {
                let page = reader.next().await?;
                Some((page, reader))
            })
            .fuse()
            .boxed(),
        )
    }

    /// All items, page by page as [`pages`](Self::pages) gives them; no more than
    /// one page is held.
    pub fn items(self) -> Items<T>
    where
        T: Send + 'static,
    {
        Items {
            pages: self.pages(),
            page: Vec::new().into_iter(),
        }
    }

    /// The call that reads that range, or its first page.
    fn part(&self, range: &Range) -> Prepared<Page<T>> {
        let Prepared {
            session,
            function,
            body,
            read,
        } = &self.prepared;
        let body = match body {
            _ if self.page_size == 0 => Err(serde_json::Error::custom("the page size is 0")),
            Ok(body) => {
                let mut body = body.clone();
                let options = Options {
                    num_items: self.page_size,
                    cursor: range.cursor.as_deref(),
                    end_cursor: range.end.as_deref(),
                };
                body.add("paginationOpts", &options).map(|()| body)
            }
            // The error can't be cloned; its text is all that is used of it.
            Err(error) => Err(serde_json::Error::custom(error)),
        };
        Prepared {
            session: session.clone(),
            function,
            body,
            read: *read,
        }
    }

    fn new(prepared: Prepared<Page<T>>) -> Self {
        Self {
            prepared,
            page_size: PAGE_SIZE,
            cursor: None,
        }
    }

    /// For the generated code: the items are of a plain serde type.
    #[doc(hidden)]
    pub fn __new(
        session: &Session,
        function: &'static FunctionInfo,
        arguments: &impl Arguments,
    ) -> Self
    where
        T: DeserializeOwned,
    {
        let read = answer::read_value;
        Self::new(Prepared::new(session, function, arguments, read))
    }

    /// For the generated code: the items are of the type of the validator `V`.
    #[doc(hidden)]
    pub fn __typed<V>(
        session: &Session,
        function: &'static FunctionInfo,
        arguments: &impl Arguments,
    ) -> Self
    where
        T: Field<V>,
    {
        Self::new(Prepared::new(
            session,
            function,
            arguments,
            |answer, context| answer::read(answer, Seed::<v::Page<V>, Page<T>>::new(), context),
        ))
    }
}

impl<T: 'static> IntoFuture for PaginatedQuery<T> {
    type Output = Result<Page<T>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        self.query().into_future()
    }
}

impl<T> fmt::Debug for PaginatedQuery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaginatedQuery")
            .field("path", &self.path())
            .field("page_size", &self.page_size)
            .finish_non_exhaustive()
    }
}

/// What is read next: from a cursor on, one page or up to another cursor.
struct Range {
    cursor: Option<String>,
    end: Option<String>,
    /// Whether the query goes on behind `end`, with nothing else planned for it.
    goes_on: bool,
}

impl From<Option<String>> for Range {
    fn from(cursor: Option<String>) -> Self {
        Self {
            cursor,
            end: None,
            goes_on: true,
        }
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
        let target = call.target(&call.session, FunctionType::Query).await?;
        self.stay_on(&target)?;
        let client = target.client.clone();
        let page = call.send(FunctionType::Query, target).await?.value;
        let parts = page.page_status == Some(PageStatus::SplitRequired);
        let planned = if parts {
            self.plan_parts(range, &page)
        } else {
            self.plan_next(range, &page)
        };
        planned.map_err(|reason| Error::Answer {
            call: client.context(Endpoint::Query, self.call.path()).call(),
            reason: reason.into(),
            executed: true,
        })?;
        Ok((!parts).then_some(page))
    }

    fn stay_on(&mut self, target: &RoutedClient) -> Result<(), Error> {
        match &self.deployment {
            Some(before) if *before != target.deployment => Err(Error::DeploymentChanged {
                call: target
                    .client
                    .context(Endpoint::Query, self.call.path())
                    .call(),
                before: Box::new(before.clone()),
            }),
            Some(_) => Ok(()),
            None => {
                self.deployment = Some(target.deployment.clone());
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

/// The pages of a [`PaginatedQuery`]: a [`Stream`], see
/// [`PaginatedQuery::pages`].
#[must_use = "a stream requests nothing until it is polled"]
pub struct Pages<T>(BoxStream<'static, Result<Page<T>, Error>>);

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
#[must_use = "a stream requests nothing until it is polled"]
pub struct Items<T> {
    pages: Pages<T>,
    /// What is left of the page that was read last.
    page: vec::IntoIter<T>,
}

impl<T> Items<T> {
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
            match std::task::ready!(self.pages.poll_next_unpin(cx)) {
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
