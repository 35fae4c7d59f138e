use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::Error as _;

use super::call::{Prepared, Query, Routed};
use super::session::Session;
use crate::codec::validators as v;
use crate::codec::{Arguments, Field, FunctionInfo, Page, Seed};
use crate::deployment::answer;
use crate::error::Error;

/// The items of a page where [`PaginatedQuery::page_size`] says nothing else.
const PAGE_SIZE: u32 = 100;

/// What is read: from a cursor on, one page or up to another cursor.
#[derive(Clone)]
pub(crate) struct Range {
    pub(crate) cursor: Option<String>,
    pub(crate) end: Option<String>,
    /// Whether the query goes on behind `end`, with nothing else planned for it.
    pub(crate) goes_on: bool,
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

    /// How long each page may take in all: routing, retries and pauses included.
    /// Default: [`ByodBuilder::timeout`](crate::ByodBuilder::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.prepared.options.timeout = Some(timeout);
        self
    }

    /// How long making a connection may take, with DNS and TLS. Default:
    /// [`ByodBuilder::connect_timeout`](crate::ByodBuilder::connect_timeout).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.prepared.options.connect_timeout = Some(timeout);
        self
    }

    /// The largest page that is read, in bytes. Default:
    /// [`ByodBuilder::answer_limit`](crate::ByodBuilder::answer_limit).
    pub fn answer_limit(mut self, bytes: usize) -> Self {
        self.prepared.options.answer_limit = Some(bytes);
        self
    }

    /// How many values a page may hold. Default:
    /// [`ByodBuilder::value_limit`](crate::ByodBuilder::value_limit).
    pub fn value_limit(mut self, values: usize) -> Self {
        self.prepared.options.value_limit = Some(values);
        self
    }

    /// How often a page is asked for again at most. Default:
    /// [`ByodBuilder::retries`](crate::ByodBuilder::retries).
    pub fn retries(mut self, retries: u32) -> Self {
        self.prepared.options.retries = Some(retries);
        self
    }

    /// The function path.
    pub fn path(&self) -> &'static str {
        self.prepared.function.path
    }

    /// One page as a plain query, for a [batch](Session::batch).
    pub fn query(self) -> Query<Page<T>> {
        Query(self.part(&self.start()))
    }

    /// Reads one page and says which deployment answered, beside the page.
    pub async fn routed(self) -> Result<Routed<Page<T>>, Error> {
        self.query().routed().await
    }

    /// The same call once more.
    pub(super) fn again(&self) -> Self {
        Self {
            prepared: self.prepared.again(&self.prepared.session),
            page_size: self.page_size,
            cursor: self.cursor.clone(),
        }
    }

    /// Where it begins.
    pub(crate) fn start(&self) -> Range {
        Range::from(self.cursor.clone())
    }

    /// The call that reads that range, or its first page.
    pub(crate) fn part(&self, range: &Range) -> Prepared<Page<T>> {
        let Prepared {
            session,
            function,
            body,
            read,
            options,
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
            options: options.clone(),
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
        let read = answer::read_given_value;
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
            |given, context| answer::read_given(given, Seed::<v::Page<V>, Page<T>>::new(), context),
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
