use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use aes_gcm::aead::array::Array;
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, Generate, KeyInit, Nonce, Tag};
use aes_gcm::aes::Aes256;
use aes_gcm::{Aes256Gcm, AesGcm};
use secrecy::zeroize::Zeroizing;

use super::key::EncryptionKey;
use super::record::SealedCredentials;
use crate::deployment::{DeployKey, shown_host};
use crate::error::Error;

/// Where a user's deployment is, and the key to it. `Debug` shows the host alone.
///
/// ```
/// use byod_runtime::Credentials;
///
/// let entered = Credentials::new("https://happy-animal-123.convex.cloud", "prod:happy-animal-123|secret");
/// assert!(!format!("{entered:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    /// The deployment's URL.
    pub deployment_url: String,
    /// Its deploy key.
    pub deploy_key: DeployKey,
}

impl Credentials {
    /// Of the deployment at that URL, with that deploy key. Whether they can be those
    /// of one shows when they are used.
    pub fn new(deployment_url: impl Into<String>, deploy_key: impl Into<DeployKey>) -> Self {
        Self {
            deployment_url: deployment_url.into(),
            deploy_key: deploy_key.into(),
        }
    }

    /// Tells these from others, in this process, however a record has them sealed.
    pub(crate) fn fingerprint(&self) -> u64 {
        static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        SEED.hash_one((&self.deployment_url, self.deploy_key.expose_secret()))
    }

    /// Whether they are those of the same deployment, with the same key.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.deployment_url == other.deployment_url
            && self.deploy_key.expose_secret() == other.deploy_key.expose_secret()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("deployment_url", &shown_host(&self.deployment_url))
            .finish_non_exhaustive()
    }
}

pub(super) const URL: &str = "encryptedDeploymentUrl";
const KEY: &str = "encryptedDeployKey";
const IV: &str = "encryptionIV";
const TAG: &str = "authTags";

/// What the two parts of a record are tied to, besides the key. It is nowhere
/// stored: who opens a record must know it.
#[derive(Clone, Copy)]
pub(super) enum Binding<'a> {
    /// Nothing, as in the records of other services.
    None,
    /// The user whose record it is, and the field.
    User(&'a str),
}

impl Binding<'_> {
    /// The associated data of a part. The user's id stands last, so that no id can
    /// pass for another field's.
    fn data(self, field: &str) -> Vec<u8> {
        match self {
            Self::None => Vec::new(),
            Self::User(id) => format!("byod record 1, {field} of {id}").into_bytes(),
        }
    }
}

impl EncryptionKey {
    /// Encrypts credentials for a record: AES-256-GCM, each part with a fresh IV
    /// of 12 bytes from the system's generator.
    pub fn seal(&self, credentials: &Credentials) -> Result<SealedCredentials, Error> {
        self.seal_bound(credentials, Binding::None)
    }

    /// Decrypts the credentials of a record; IVs of 12 and 16 bytes are accepted.
    ///
    /// [`Error::Credentials`] names the field at fault: malformed, changed since it
    /// was sealed, sealed with another key, or bound to its user: a
    /// [`Keyring`](crate::Keyring) opens those.
    pub fn open(&self, sealed: &SealedCredentials) -> Result<Credentials, Error> {
        let parts = Parts::of(sealed)?;
        let opened = parts.open(self, Binding::None);
        opened.unwrap_or_else(|| Err(undecryptable(URL)))
    }

    pub(super) fn seal_bound(
        &self,
        credentials: &Credentials,
        binding: Binding<'_>,
    ) -> Result<SealedCredentials, Error> {
        let url = credentials.deployment_url.as_bytes();
        let url = self.encrypt(url, &binding.data(URL))?;
        let key = credentials.deploy_key.expose_secret().as_bytes();
        let key = self.encrypt(key, &binding.data(KEY))?;
        Ok(SealedCredentials {
            encryption_iv: format!("{}:{}", url.iv, key.iv),
            auth_tags: format!("{}:{}", url.tag, key.tag),
            encrypted_deployment_url: url.text,
            encrypted_deploy_key: key.text,
        })
    }

    fn encrypt(&self, plain: &[u8], data: &[u8]) -> Result<Sealed, Error> {
        let failed = |what| Error::config(format!("credentials can't be encrypted: {what}"));
        let iv = Nonce::<Aes256Gcm>::try_generate()
            .map_err(|_| failed("the system's random generator gives nothing"))?;
        let mut text = Zeroizing::new(plain.to_vec());
        let tag = Aes256Gcm::new(self.bytes().into())
            .encrypt_inout_detached(&iv, data, text.as_mut_slice().into())
            .map_err(|_| failed("they are too long"))?;
        Ok(Sealed {
            text: hex::encode(&*text),
            iv: hex::encode(iv),
            tag: hex::encode(tag),
        })
    }
}

/// The two parts of a record, as bytes.
pub(super) struct Parts {
    url: Part,
    key: Part,
}

impl Parts {
    pub(super) fn of(sealed: &SealedCredentials) -> Result<Self, Error> {
        let (url_iv, key_iv) = halves(IV, "IV", &sealed.encryption_iv)?;
        let (url_tag, key_tag) = halves(TAG, "tag", &sealed.auth_tags)?;
        Ok(Self {
            url: Part::of(URL, &sealed.encrypted_deployment_url, url_iv, url_tag)?,
            key: Part::of(KEY, &sealed.encrypted_deploy_key, key_iv, key_tag)?,
        })
    }

    /// `None` if the URL opens neither with this key nor bound like this. The deploy
    /// key has to open as the URL did: else parts of two records were put together.
    pub(super) fn open(
        &self,
        key: &EncryptionKey,
        binding: Binding<'_>,
    ) -> Option<Result<Credentials, Error>> {
        let url = self.url.decrypt(key, &binding.data(URL))?;
        let Some(deploy_key) = self.key.decrypt(key, &binding.data(KEY)) else {
            return Some(Err(undecryptable(KEY)));
        };
        let credentials = || {
            Ok(Credentials {
                deployment_url: utf8(URL, &url)?.to_owned(),
                deploy_key: utf8(KEY, &deploy_key)?.into(),
            })
        };
        Some(credentials())
    }
}

struct Part {
    text: Vec<u8>,
    iv: Iv,
    tag: Tag<Aes256Gcm>,
}

enum Iv {
    Short(Array<u8, U12>),
    Long(Array<u8, U16>),
}

impl Part {
    fn of(field: &'static str, text: &str, iv: &str, tag: &str) -> Result<Self, Error> {
        let (text, iv, tag) = (unhex(field, text)?, unhex(IV, iv)?, unhex(TAG, tag)?);
        let tag = Tag::<Aes256Gcm>::try_from(&*tag).map_err(|_| {
            let length = tag.len();
            malformed(TAG, format!("holds a tag of {length} bytes instead of 16"))
        })?;
        let short = Array::try_from(&*iv).map(Iv::Short);
        let iv = short
            .or_else(|_| Array::try_from(&*iv).map(Iv::Long))
            .map_err(|_| {
                let length = iv.len();
                let problem = format!("holds an IV of {length} bytes instead of 12 or 16");
                malformed(IV, problem)
            })?;
        Ok(Self { text, iv, tag })
    }

    fn decrypt(&self, key: &EncryptionKey, data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut text = Zeroizing::new(self.text.clone());
        let inout = text.as_mut_slice().into();
        let key = key.bytes().into();
        match &self.iv {
            Iv::Short(iv) => Aes256Gcm::new(key).decrypt_inout_detached(iv, data, inout, &self.tag),
            Iv::Long(iv) => {
                AesGcm::<Aes256, U16>::new(key).decrypt_inout_detached(iv, data, inout, &self.tag)
            }
        }
        .ok()?;
        Some(text)
    }
}

/// One encrypted text, its parts in hex.
struct Sealed {
    text: String,
    iv: String,
    tag: String,
}

pub(super) fn malformed(field: &'static str, problem: String) -> Error {
    Error::Credentials {
        user: None,
        field,
        reason: format!("`{field}` {problem}").into(),
    }
}

/// What failed, as far as a part that doesn't open can tell.
pub(super) fn undecryptable(field: &'static str) -> Error {
    malformed(
        field,
        "can't be decrypted: it was changed, or sealed with another encryption key".into(),
    )
}

fn halves<'a>(field: &'static str, what: &str, text: &'a str) -> Result<(&'a str, &'a str), Error> {
    match text.split_once(':') {
        Some((url, key)) if !url.is_empty() && !key.is_empty() && !key.contains(':') => {
            Ok((url, key))
        }
        _ => Err(malformed(
            field,
            format!("is not of the form \"<url's {what}>:<key's {what}>\""),
        )),
    }
}

fn unhex(field: &'static str, text: &str) -> Result<Vec<u8>, Error> {
    if text.is_empty() {
        return Err(malformed(field, "is empty".into()));
    }
    // The hex crate's own words would repeat a character of the record.
    hex::decode(text).map_err(|_| malformed(field, "is not hex".into()))
}

fn utf8<'a>(field: &'static str, bytes: &'a [u8]) -> Result<&'a str, Error> {
    std::str::from_utf8(bytes).map_err(|_| malformed(field, "is not text once decrypted".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_host_alone() {
        for (url, shown) in [
            (
                "https://user:geheim@happy-animal-123.convex.cloud/geheim",
                "https://happy-animal-123.convex.cloud",
            ),
            ("prod:happy|geheim", "…"),
        ] {
            let credentials = Credentials {
                deployment_url: url.into(),
                deploy_key: "prod:x|geheim".into(),
            };
            let expected = format!("Credentials {{ deployment_url: {shown:?}, .. }}");
            assert_eq!(format!("{credentials:?}"), expected);
        }
    }
}
