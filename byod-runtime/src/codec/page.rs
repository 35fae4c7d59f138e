use std::marker::PhantomData;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::field::{Encoded, Field};
use super::literals::{Literals, Unknown};
use super::validators as v;

/// One page of a paginated query, as Convex's `paginate` returns it.
///
/// ```
/// use byod_runtime::Page;
///
/// let page: Page<String> = serde_json::from_str(r#"{"page": ["a"], "isDone": false, "continueCursor": "next"}"#)?;
/// assert_eq!((page.page.len(), page.is_done), (1, false));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "Parts<Vec<T>>")]
pub struct Page<T> {
    /// The items of this page; may be fewer than asked for, or none.
    pub page: Vec<T>,
    /// Whether this was the last page.
    pub is_done: bool,
    /// Where the next page begins: the `cursor` of the next call.
    pub continue_cursor: String,
    /// Where the page can be split into two, if the deployment says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_cursor: Option<String>,
    /// Whether the deployment had to read so much that the page should be split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_status: Option<PageStatus>,
}

/// What a deployment says of a page that was much to read.
///
/// ```
/// use byod_runtime::{Page, PageStatus};
///
/// /// Whether smaller pages would be better.
/// fn is_much(page: &Page<String>) -> bool {
///     matches!(page.page_status, Some(PageStatus::SplitRecommended | PageStatus::SplitRequired))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageStatus {
    /// The page is complete; the next ones should be smaller.
    SplitRecommended,
    /// Items may be missing from the page: it has to be read again in two parts.
    /// [`PaginatedQuery::pages`](crate::PaginatedQuery::pages) does that.
    SplitRequired,
    /// A status that this version doesn't know.
    Unknown(Unknown),
}

impl Literals for PageStatus {
    fn from_text(text: &str) -> Self {
        match text {
            "SplitRecommended" => Self::SplitRecommended,
            "SplitRequired" => Self::SplitRequired,
            text => Self::Unknown(Unknown::__read(text)),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::SplitRecommended => "SplitRecommended",
            Self::SplitRequired => "SplitRequired",
            Self::Unknown(text) => text.as_str(),
        }
    }
}

impl Serialize for PageStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Field::<v::OneOf<Self>>::encode(self, serializer)
    }
}

impl<'de> Deserialize<'de> for PageStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <Self as Field<v::OneOf<Self>>>::decode(deserializer)
    }
}

impl<V, T: Field<V>> Field<v::Page<V>> for Page<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("page", &Encoded::<v::Array<V>, _>::new(&self.page))?;
        map.serialize_entry("isDone", &self.is_done)?;
        map.serialize_entry("continueCursor", &self.continue_cursor)?;
        if let Some(cursor) = &self.split_cursor {
            map.serialize_entry("splitCursor", cursor)?;
        }
        if let Some(status) = &self.page_status {
            map.serialize_entry("pageStatus", status)?;
        }
        map.end()
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<V, T>(Vec<T>, PhantomData<fn() -> V>);

        impl<'de, V, T: Field<V>> Deserialize<'de> for Items<V, T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let items = <Vec<T> as Field<v::Array<V>>>::decode(deserializer)?;
                Ok(Self(items, PhantomData))
            }
        }

        Parts::<Items<V, T>>::deserialize(deserializer).map(|parts| parts.with(|items| items.0))
    }
}

/// A page whose items are still to be read as what they are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts<I> {
    page: I,
    is_done: bool,
    continue_cursor: String,
    split_cursor: Option<String>,
    page_status: Option<PageStatus>,
}

impl<I> Parts<I> {
    fn with<T>(self, items: impl FnOnce(I) -> Vec<T>) -> Page<T> {
        Page {
            page: items(self.page),
            is_done: self.is_done,
            continue_cursor: self.continue_cursor,
            split_cursor: self.split_cursor,
            page_status: self.page_status,
        }
    }
}

impl<T> From<Parts<Vec<T>>> for Page<T> {
    fn from(parts: Parts<Vec<T>>) -> Self {
        parts.with(|items| items)
    }
}
