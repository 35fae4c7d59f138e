use super::cipher::{Binding, Credentials, Parts, URL, malformed, undecryptable};
use super::ids::UserId;
use super::key::EncryptionKey;
use super::record::SealedCredentials;
use crate::error::Error;

/// The keys that users' records open with: the current one, which seals, and
/// former ones, which open what has not been sealed anew yet.
///
/// [`Byod`](crate::Byod) has one, made of what its builder was given.
///
/// ```
/// use byod_runtime::{Credentials, EncryptionKey, Keyring, OpenedBy};
///
/// # fn run() -> Result<(), byod_runtime::Error> {
/// let former = EncryptionKey::parse("correct horse battery staple")?;
/// let credentials = Credentials {
///     deployment_url: "https://happy-animal-123.convex.cloud".into(),
///     deploy_key: "prod:happy-animal-123|secret".into(),
/// };
/// let sealed = Keyring::new(former.clone()).seal(&"alice".into(), &credentials)?;
///
/// let keys = Keyring::new(EncryptionKey::parse("another")?).with_former(former);
/// let opened = keys.open(&"alice".into(), &sealed)?;
/// assert_eq!(opened.key, OpenedBy::Former(0));
/// # Ok(()) }
/// # run().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Keyring {
    current: EncryptionKey,
    former: Vec<EncryptionKey>,
    bind: bool,
    require_bound: bool,
}

/// What a record held, and how it was sealed.
///
/// ```
/// use byod_runtime::{Byod, Error};
///
/// /// Where a user's own database is, for their operator.
/// async fn place(byod: &Byod, user_id: &str) -> Result<Option<String>, Error> {
///     let Some(record) = byod.user_record(user_id).await? else {
///         return Ok(None);
///     };
///     Ok(Some(byod.open_record(&record)?.credentials.deployment_url))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Opened {
    /// The user's credentials.
    pub credentials: Credentials,
    /// Which key opened it.
    pub key: OpenedBy,
    /// Whether it is bound to its user.
    pub is_bound: bool,
}

/// Which of a [`Keyring`]'s keys opened a record.
///
/// ```
/// use byod_runtime::{Opened, OpenedBy};
///
/// /// Whether the former keys can't be given up yet for this record.
/// fn holds_up(opened: &Opened) -> bool {
///     opened.key != OpenedBy::Current
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenedBy {
    /// The current one.
    Current,
    /// The former key of that place, the first being 0.
    Former(usize),
}

impl Keyring {
    /// A keyring without former keys that binds no records.
    pub fn new(current: EncryptionKey) -> Self {
        Self {
            current,
            former: Vec::new(),
            bind: false,
            require_bound: false,
        }
    }

    /// Opens records that were sealed with this key, too.
    #[must_use]
    pub fn with_former(mut self, key: EncryptionKey) -> Self {
        self.former.push(key);
        self
    }

    /// Whether records that are sealed from now on are bound to their user; see
    /// [`ByodBuilder::bind_records`](crate::ByodBuilder::bind_records). Default: no.
    #[must_use]
    pub fn bind_records(mut self, bind: bool) -> Self {
        self.bind = bind;
        self
    }

    /// Whether records that are not bound are refused; see
    /// [`ByodBuilder::require_bound_records`](crate::ByodBuilder::require_bound_records).
    /// Default: no.
    #[must_use]
    pub fn require_bound_records(mut self, require: bool) -> Self {
        self.require_bound = require;
        self
    }

    /// Seals a user's credentials with the current key.
    pub fn seal(
        &self,
        user: &UserId,
        credentials: &Credentials,
    ) -> Result<SealedCredentials, Error> {
        let binding = if self.binds() {
            Binding::User(user.as_str())
        } else {
            Binding::None
        };
        self.current.seal_bound(credentials, binding)
    }

    /// Opens a user's credentials with whichever key fits.
    ///
    /// [`Error::Credentials`] names the user and the field at fault: malformed,
    /// changed since it was sealed, sealed with a key that is not here, or bound to
    /// another user.
    pub fn open(&self, user: &UserId, sealed: &SealedCredentials) -> Result<Opened, Error> {
        self.try_open(user, sealed)
            .map_err(|error| error.of_user(user.as_str()))
    }

    fn try_open(&self, user: &UserId, sealed: &SealedCredentials) -> Result<Opened, Error> {
        let parts = Parts::of(sealed)?;
        for (key, which) in self.keys() {
            for binding in [Binding::User(user.as_str()), Binding::None] {
                let Some(opened) = parts.open(key, binding) else {
                    continue;
                };
                let is_bound = matches!(binding, Binding::User(_));
                if self.require_bound && !is_bound {
                    return Err(malformed(
                        URL,
                        "is not bound to its user, which `require_bound_records` asks for; \
                         `byod rotate-key --bind` binds records"
                            .into(),
                    ));
                }
                return Ok(Opened {
                    credentials: opened?,
                    key: which,
                    is_bound,
                });
            }
        }
        Err(undecryptable(URL))
    }

    /// Whether what it seals is bound.
    pub(crate) fn binds(&self) -> bool {
        self.bind || self.require_bound
    }

    /// The same keys, which bind what they seal.
    pub(crate) fn binding(&self) -> Self {
        self.clone().bind_records(true)
    }

    fn keys(&self) -> impl Iterator<Item = (&EncryptionKey, OpenedBy)> {
        let former = self.former.iter().enumerate();
        let former = former.map(|(place, key)| (key, OpenedBy::Former(place)));
        std::iter::once((&self.current, OpenedBy::Current)).chain(former)
    }

    #[cfg(test)]
    pub(crate) fn current(&self) -> &EncryptionKey {
        &self.current
    }
}
