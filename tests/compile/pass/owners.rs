//! An owner that main takes as an id and the user's project as a string.

use byod_runtime::{Session, byod_table};

#[byod_table(location = "user")]
pub struct Owned;

/// Where the result is written out, the two needn't return the same.
#[byod_table(location = "user", returns(count = serde_json::Value))]
pub struct Returned;

pub async fn list(session: &Session) {
    let _ = owned::list(
        session,
        owned::ListArgs {
            user_id: "an id of main".to_owned(),
        },
    )
    .await;
    let _: Result<serde_json::Value, _> = returned::count(session).await;
}
