//! The pages of a paginated query, watched.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use byod_sync::Json;
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use tokio::sync::Notify;

use super::follower::{Follower, Results};
use super::one::Reader;
use super::polled::read_text;
use crate::calls::call::Prepared;
use crate::calls::pages::Pages;
use crate::calls::paginated::{PaginatedQuery, Range};
use crate::codec::{Page, PageStatus};
use crate::error::{Deployment, Error};

/// How often in a row pages are begun again because of their cursors, or divided, before that is an error.
const AGAIN: usize = 64;

impl<T> Pages<T> {
    /// The first page, and each state that it has afterwards; with [`load_more`](LivePages::load_more)
    /// those that come after it, too. It follows the user's data as
    /// [`Query::watch`](crate::Query::watch) does.
    ///
    /// All pages that are open are of one moment, and each begins where the one before ends, as
    /// rows come and go. On another deployment, where cursors mean nothing, it begins again with as many
    /// pages.
    ///
    /// ```ignore
    /// let mut pages = messages::page(&session, args).page_size(20).pages().watch();
    /// while let Some(loaded) = pages.next().await {
    ///     let loaded = loaded?;
    ///     println!("{} messages", loaded.items.len());
    ///     if loaded.can_load_more && wants_more() {
    ///         pages.load_more();
    ///     }
    /// }
    /// ```
    pub fn watch(self) -> LivePages<T>
    where
        T: Send + 'static,
    {
        let wanted = Arc::new(Wanted {
            pages: AtomicUsize::new(1),
            nudge: Arc::default(),
        });
        let reader = PagesReader::new(*self.1, wanted.clone());
        let loaded = stream::unfold(Box::new(reader), async |mut reader| {
            let loaded = reader.next().await;
            Some((loaded, reader))
        });
        LivePages {
            loaded: loaded.boxed(),
            wanted,
        }
    }
}

/// How many pages are wanted.
struct Wanted {
    pages: AtomicUsize,
    nudge: Arc<Notify>,
}

/// Keeps the pages contiguous.
struct PagesReader<T> {
    call: PaginatedQuery<T>,
    follower: Box<Follower>,
    reader: Reader<Page<T>>,
    /// Those that are open, in order.
    ranges: Vec<Range>,
    /// Where the last one ended, if others follow.
    next: Option<String>,
    wanted: Arc<Wanted>,
    again: usize,
}

impl<T: Send + 'static> PagesReader<T> {
    fn new(call: PaginatedQuery<T>, wanted: Arc<Wanted>) -> Self {
        let first = call.part(&call.start());
        let session = first.session.clone();
        let watched = first.reading(read_text);
        Self {
            ranges: vec![call.start()],
            follower: Box::new(Follower::of_pages(session, watched, wanted.nudge.clone())),
            reader: Reader::of(&first),
            call,
            next: None,
            wanted,
            again: 0,
        }
    }

    async fn next(&mut self) -> Result<LoadedPages<T>, Error> {
        loop {
            let Some(results) = self.follower.next_unless_nudged().await? else {
                self.open_more();
                continue;
            };
            if results.moved {
                self.ranges = vec![self.call.start()];
            }
            let (location, again) = (results.target.location(), results.results.clone());
            let read = self.read(results);
            // Others are watched by now, or pages begin again, where nothing is given.
            let loaded = match read {
                Ok(Some(loaded)) => Ok(loaded),
                Ok(None) if self.again < AGAIN => {
                    self.again += 1;
                    continue;
                }
                Ok(None) => {
                    let problem = "the pages of the query don't join: does the function pass `paginationOpts` on to `paginate`?";
                    Err(Error::config(problem))
                }
                Err(error) if is_cursors(&error) && self.again < AGAIN && self.may_restart() => {
                    self.again += 1;
                    self.ranges = vec![self.call.start()];
                    self.watch(true);
                    continue;
                }
                Err(error) => Err(error),
            };
            if self.follower.stands(again) {
                self.again = 0;
                self.follower.note(Some(location), loaded.as_ref().err());
                return loaded;
            }
        }
    }

    /// Whether the cursors are none that the caller gave.
    fn may_restart(&self) -> bool {
        self.ranges.len() > 1 || self.call.start().cursor.is_none()
    }

    /// The pages, if they are those that are wanted; else others are watched from now on.
    fn read(&mut self, mut results: Results) -> Result<Option<LoadedPages<T>>, Error> {
        let given = std::mem::take(&mut results.results);
        let pages = given
            .into_iter()
            .map(|page| self.reader.read(page, &results));
        let pages = pages.collect::<Result<Vec<Page<T>>, Error>>()?;
        let ranges = joined(&self.ranges, &pages);
        if let Some(ranges) = ranges {
            self.ranges = ranges;
            self.watch(false);
            return Ok(None);
        }
        let last = pages.last().zip(self.ranges.last());
        self.next = last.and_then(|(page, range)| match &range.end {
            Some(end) => range.goes_on.then(|| end.clone()),
            None => (!page.is_done).then(|| page.continue_cursor.clone()),
        });
        if self.open_more() {
            return Ok(None);
        }
        Ok(Some(LoadedPages {
            can_load_more: self.next.is_some(),
            items: pages.into_iter().flat_map(|page| page.page).collect(),
            deployment: results.target.deployment(),
        }))
    }

    /// Opens another page, if one is wanted and there may be one; says whether it did.
    fn open_more(&mut self) -> bool {
        // Parts of pages are no pages.
        let open = self.ranges.iter().filter(|range| range.goes_on).count();
        let wanted = self.wanted.pages.load(Ordering::Relaxed);
        match self.next.take_if(|_| open < wanted) {
            Some(next) => {
                self.ranges.push(Range::from(Some(next)));
                self.watch(false);
                true
            }
            None => false,
        }
    }

    fn watch(&mut self, anew: bool) {
        let query = |range: &Range| -> Prepared<Json> { self.call.part(range).reading(read_text) };
        let queries = self.ranges.iter().map(query).collect();
        self.follower.watch_instead(queries, anew);
    }
}

/// The ranges in which each page begins where the one before ends, and none is to be divided; `None` if these are such.
fn joined<T>(ranges: &[Range], pages: &[Page<T>]) -> Option<Vec<Range>> {
    let mut joined: Vec<Range> = Vec::new();
    let mut changed = ranges.len() != pages.len();
    let mut begin = ranges.first().and_then(|range| range.cursor.clone());
    for (range, page) in ranges.iter().zip(pages) {
        if range.cursor != begin {
            // What comes after it depends on where it ends.
            joined.push(Range {
                cursor: begin,
                ..range.clone()
            });
            return Some(joined);
        }
        let end = range.end.clone();
        let end = end.unwrap_or_else(|| page.continue_cursor.clone());
        let goes_on = match range.end {
            Some(_) => range.goes_on,
            None => true,
        };
        let is_much = matches!(
            page.page_status,
            Some(PageStatus::SplitRequired | PageStatus::SplitRecommended)
        );
        let split = page
            .split_cursor
            .as_ref()
            .filter(|split| is_much && **split != end && Some(*split) != range.cursor.as_ref());
        match split {
            Some(split) => {
                changed = true;
                joined.push(Range {
                    cursor: range.cursor.clone(),
                    end: Some(split.clone()),
                    goes_on: false,
                });
                joined.push(Range {
                    cursor: Some(split.clone()),
                    end: Some(end.clone()),
                    goes_on,
                });
            }
            None => joined.push(range.clone()),
        }
        begin = Some(end);
    }
    changed.then_some(joined)
}

/// Whether the deployment doesn't take a cursor, by Convex's own word for it.
fn is_cursors(error: &Error) -> bool {
    matches!(error, Error::Function { message, .. } if message.contains("InvalidCursor"))
}

/// The pages that are open of a query that is watched; see [`Pages::watch`].
///
/// ```
/// use byod_runtime::LoadedPages;
///
/// fn shown(loaded: &LoadedPages<String>) -> String {
///     let more = if loaded.can_load_more { " and more" } else { "" };
///     format!("{}{more}", loaded.items.join(", "))
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadedPages<T> {
    /// The items of all pages, in order.
    pub items: Vec<T>,
    /// Whether others follow.
    pub can_load_more: bool,
    /// Where they are.
    pub deployment: Deployment,
}

/// The pages of a query that is watched: a [`Stream`], see [`Pages::watch`].
///
/// ```
/// use byod_runtime::{Error, LivePages};
///
/// /// Opens pages until there are so many items, or all.
/// async fn at_least(mut pages: LivePages<String>, count: usize) -> Result<Vec<String>, Error> {
///     while let Some(loaded) = pages.next().await {
///         let loaded = loaded?;
///         if loaded.items.len() >= count || !loaded.can_load_more {
///             return Ok(loaded.items);
///         }
///         pages.load_more();
///     }
///     Ok(Vec::new())
/// }
/// ```
#[must_use = "nothing is watched until it is polled"]
pub struct LivePages<T> {
    loaded: BoxStream<'static, Result<LoadedPages<T>, Error>>,
    wanted: Arc<Wanted>,
}

impl<T> LivePages<T> {
    /// Opens one more page; what comes next has it, if there is one.
    pub fn load_more(&self) {
        self.wanted.pages.fetch_add(1, Ordering::Relaxed);
        self.wanted.nudge.notify_one();
    }

    /// The next state of the pages; the first is the present one. Never `None`.
    pub async fn next(&mut self) -> Option<Result<LoadedPages<T>, Error>> {
        self.loaded.next().await
    }
}

impl<T> Stream for LivePages<T> {
    type Item = Result<LoadedPages<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.loaded.poll_next_unpin(context)
    }
}

impl<T> fmt::Debug for LivePages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LivePages").finish_non_exhaustive()
    }
}
