use serde::{Deserialize, Serialize};

/// One page of a paginated query, as Convex's `paginate` returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items of this page; may be fewer than asked for.
    pub page: Vec<T>,
    /// Whether this was the last page.
    pub is_done: bool,
    /// Where the next page begins: the `cursor` of the next call.
    pub continue_cursor: String,
}
