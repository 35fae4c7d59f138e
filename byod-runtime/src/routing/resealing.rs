//! Seals users' records anew, so that a former key can be given up.

use super::service::Byod;
use crate::error::{Error, Outcome};
use crate::users::{Opened, OpenedBy, Records, Resealed, UserDatabaseConfig, UserId};

/// How often a record is read again that others keep changing, or of which it is
/// not known whether it was written.
const ATTEMPTS: usize = 5;

impl Byod {
    /// Up to `count` of all users' records; `next` is that of the records before,
    /// `None` for the first ones.
    ///
    /// Needs the function `listConfigs` in main's module of credentials: `byod export
    /// --main` writes it.
    pub async fn user_records(&self, next: Option<&str>, count: u32) -> Result<Records, Error> {
        self.inner().store.list(next, count).await
    }

    /// Opens a record with whichever key fits, and says with which.
    ///
    /// [`Error::Credentials`] as [`Keyring::open`](crate::Keyring::open).
    pub fn open_record(&self, record: &UserDatabaseConfig) -> Result<Opened, Error> {
        let user = UserId::from(record.user_id.as_str());
        self.inner().keys.open(&user, &record.credentials)
    }

    /// Whether [`reseal`](Self::reseal) would write the record.
    pub fn needs_reseal(&self, record: &UserDatabaseConfig) -> Result<bool, Error> {
        Ok(self.is_stale(&self.open_record(record)?))
    }

    fn is_stale(&self, opened: &Opened) -> bool {
        opened.key != OpenedBy::Current || (self.inner().keys.binds() && !opened.is_bound)
    }

    /// Seals a record with the current key, and bound to its user where the builder
    /// says [`bind_records`](crate::ByodBuilder::bind_records) or it was before,
    /// unless it is already.
    ///
    /// Nothing else in the record changes. What others write meanwhile is never
    /// written over: the record is read again then. Services go on through it, and
    /// what was cut off can be done again.
    ///
    /// [`Error::Credentials`] if no key opens it: it stays as it is. Needs the
    /// function `resealConfig` in main's module of credentials: `byod export --main`
    /// writes it.
    pub async fn reseal(&self, record: &UserDatabaseConfig) -> Result<Resealed, Error> {
        let store = &self.inner().store;
        let user = UserId::from(record.user_id.as_str());
        let mut record = record.clone();
        let mut failed = None;
        for _ in 0..ATTEMPTS {
            let opened = self.open_record(&record)?;
            if !self.is_stale(&opened) {
                return Ok(Resealed::UpToDate);
            }
            let keys = &self.inner().keys;
            let sealed = if opened.is_bound {
                keys.binding().seal(&user, &opened.credentials)?
            } else {
                keys.seal(&user, &opened.credentials)?
            };
            match store.reseal(&record, &sealed).await {
                Ok(true) => return Ok(Resealed::Written),
                Ok(false) => {}
                // Reading it again will tell.
                Err(error) if error.outcome() == Outcome::Unknown => failed = Some(error),
                Err(error) => return Err(error),
            }
            record = match store.get(&user).await? {
                Some(record) => record,
                None => return Ok(Resealed::Gone),
            };
        }
        Err(failed.unwrap_or_else(|| {
            Error::config(format!(
                "the record of the user `{user}` changes faster than it can be sealed anew; try again later"
            ))
        }))
    }
}
