//! Whether users' data moves between main and their deployments.

use serde::{Deserialize, Serialize};

/// What `byod.toml` says of moving users' data, in `[user.move]`.
///
/// ```
/// use byod_schema::Moves;
///
/// let moves: Moves = serde_json::from_str(r#"{"createdAt": "createdAt"}"#)?;
/// assert_eq!(moves.created_at.as_deref(), Some("createdAt"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moves {
    /// The field that holds when a document was made, where it holds nothing else: on the
    /// other side each is made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
}
