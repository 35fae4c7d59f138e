//! Seals users' records anew, so that a former key can be given up.

use serde::{Deserialize, Serialize};

use super::record::UserDatabaseConfig;

/// Some of all users' records, the oldest first.
///
/// ```
/// use byod_runtime::{Byod, Error};
///
/// /// How many users have a record, connected or not.
/// async fn count(byod: &Byod) -> Result<usize, Error> {
///     let (mut count, mut next) = (0, None);
///     loop {
///         let records = byod.user_records(next.as_deref(), 100).await?;
///         count += records.records.len();
///         next = records.next;
///         if next.is_none() {
///             return Ok(count);
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Records {
    /// The records.
    pub records: Vec<UserDatabaseConfig>,
    /// Where the next ones begin; `None` after the last.
    pub next: Option<String>,
}

/// What became of a record that was to be sealed anew.
///
/// ```
/// use byod_runtime::{Byod, Error, Resealed};
///
/// /// Seals the record of one user with the current key, if it isn't.
/// async fn reseal(byod: &Byod, user_id: &str) -> Result<bool, Error> {
///     let Some(record) = byod.user_record(user_id).await? else {
///         return Ok(false);
///     };
///     Ok(byod.reseal(&record).await? == Resealed::Written)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Resealed {
    /// It is sealed anew.
    Written,
    /// It was already sealed with the current key, and bound if that is wanted.
    UpToDate,
    /// It is no longer there.
    Gone,
}
