use std::fmt;

use aes_gcm::aead::array::ArraySize;
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, Generate, KeyInit, Nonce, Tag};
use aes_gcm::aes::Aes256;
use aes_gcm::{Aes256Gcm, AesGcm};
use secrecy::zeroize::Zeroizing;

use super::key::EncryptionKey;
use super::record::SealedCredentials;
use crate::auth::DeployKey;
use crate::endpoint::shown_host;
use crate::error::Error;

/// Where a user's deployment is, and the key to it. `Debug` shows the host alone.
#[derive(Clone)]
pub struct Credentials {
    /// The deployment's URL.
    pub deployment_url: String,
    /// Its deploy key.
    pub deploy_key: DeployKey,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("deployment_url", &shown_host(&self.deployment_url))
            .finish_non_exhaustive()
    }
}

const URL: &str = "encryptedDeploymentUrl";
const KEY: &str = "encryptedDeployKey";
const IV: &str = "encryptionIV";
const TAG: &str = "authTags";

impl EncryptionKey {
    /// Encrypts credentials for a record: AES-256-GCM, each part with a fresh IV
    /// of 12 bytes from the system's generator.
    pub fn seal(&self, credentials: &Credentials) -> Result<SealedCredentials, Error> {
        let url = self.encrypt(credentials.deployment_url.as_bytes())?;
        let key = self.encrypt(credentials.deploy_key.expose_secret().as_bytes())?;
        Ok(SealedCredentials {
            encryption_iv: format!("{}:{}", url.iv, key.iv),
            auth_tags: format!("{}:{}", url.tag, key.tag),
            encrypted_deployment_url: url.text,
            encrypted_deploy_key: key.text,
        })
    }

    /// Decrypts the credentials of a record; IVs of 12 and 16 bytes are accepted.
    ///
    /// [`Error::Credentials`] names the field at fault: malformed, changed since it
    /// was sealed, or sealed with another key.
    pub fn open(&self, sealed: &SealedCredentials) -> Result<Credentials, Error> {
        let (url_iv, key_iv) = halves(IV, "IV", &sealed.encryption_iv)?;
        let (url_tag, key_tag) = halves(TAG, "tag", &sealed.auth_tags)?;
        let url = self.decrypt(URL, &sealed.encrypted_deployment_url, url_iv, url_tag)?;
        let key = self.decrypt(KEY, &sealed.encrypted_deploy_key, key_iv, key_tag)?;
        Ok(Credentials {
            deployment_url: utf8(URL, &url)?.to_owned(),
            deploy_key: utf8(KEY, &key)?.into(),
        })
    }

    fn encrypt(&self, plain: &[u8]) -> Result<Sealed, Error> {
        let failed = |what| Error::config(format!("credentials can't be encrypted: {what}"));
        let iv = Nonce::<Aes256Gcm>::try_generate()
            .map_err(|_| failed("the system's random generator gives nothing"))?;
        let mut text = plain.to_vec();
        let tag = Aes256Gcm::new(self.bytes().into())
            .encrypt_inout_detached(&iv, &[], text.as_mut_slice().into())
            .map_err(|_| failed("they are too long"))?;
        Ok(Sealed {
            text: hex::encode(text),
            iv: hex::encode(iv),
            tag: hex::encode(tag),
        })
    }

    fn decrypt(
        &self,
        field: &'static str,
        text: &str,
        iv: &str,
        tag: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut text = Zeroizing::new(unhex(field, text)?);
        let iv = unhex(IV, iv)?;
        let tag = unhex(TAG, tag)?;
        let tag = Tag::<Aes256Gcm>::try_from(&*tag).map_err(|_| {
            malformed(
                TAG,
                format!("holds a tag of {} bytes instead of 16", tag.len()),
            )
        })?;
        let decrypted = match iv.len() {
            12 => self.decrypt_with::<U12>(&iv, &mut text, &tag),
            16 => self.decrypt_with::<U16>(&iv, &mut text, &tag),
            length => {
                let problem = format!("holds an IV of {length} bytes instead of 12 or 16");
                return Err(malformed(IV, problem));
            }
        };
        decrypted.map_err(|_| {
            malformed(
                field,
                "can't be decrypted: it was changed, or sealed with another encryption key".into(),
            )
        })?;
        Ok(text)
    }

    fn decrypt_with<N: ArraySize>(
        &self,
        iv: &[u8],
        text: &mut [u8],
        tag: &Tag<Aes256Gcm>,
    ) -> Result<(), aes_gcm::Error> {
        let iv = iv.try_into().map_err(|_| aes_gcm::Error)?;
        AesGcm::<Aes256, N>::new(self.bytes().into()).decrypt_inout_detached(
            iv,
            &[],
            text.into(),
            tag,
        )
    }
}

/// One encrypted text, its parts in hex.
struct Sealed {
    text: String,
    iv: String,
    tag: String,
}

fn malformed(field: &'static str, problem: String) -> Error {
    Error::Credentials {
        user: None,
        field,
        reason: format!("`{field}` {problem}").into(),
    }
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
