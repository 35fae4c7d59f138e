use secrecy::zeroize::Zeroizing;

use super::{ByodBuilder, bare};
use crate::address::AddressSettings;
use crate::deployment::UrlText;
use crate::error::Error;
use crate::users::{EncryptionKey, is_quoted};

/// The variable that lists where users' deployments may be.
const ALLOWED_HOSTS: &str = "BYOD_ALLOWED_HOSTS";

/// What users' credentials are sealed with, and what they may still be.
const KEY: &str = "BYOD_ENCRYPTION_KEY";
const FORMER: &str = "BYOD_FORMER_ENCRYPTION_KEYS";

/// Where a main is that one hosts oneself.
const SELF_HOSTED_URL: &str = "CONVEX_SELF_HOSTED_URL";

impl ByodBuilder {
    /// Main's URL, main's deploy key and the encryption key from `CONVEX_URL` (or
    /// `NEXT_PUBLIC_CONVEX_URL`), `CONVEX_DEPLOY_KEY` and `BYOD_ENCRYPTION_KEY`; of a main
    /// that one hosts oneself, also from `CONVEX_SELF_HOSTED_URL` and
    /// `CONVEX_SELF_HOSTED_ADMIN_KEY`, which Convex's own tool reads. Space around a value, such as a line break at its end, doesn't count.
    ///
    /// Former encryption keys are those of `BYOD_FORMER_ENCRYPTION_KEYS`, if it is
    /// set: separated by commas, or, where one holds a comma, a JSON array of strings.
    ///
    /// A value in quotes, or an encryption key that was meant as 64 hex digits and isn't
    /// (after `0x`, a few too many or too few), is refused: it would pass for another key.
    /// Where such a text is meant, give it to [`encryption_key`](Self::encryption_key),
    /// or, as a former one, in the JSON array. What may be meant, and is seldom (other
    /// counts of hex digits, a deploy key), is a warning of `tracing`.
    ///
    /// `BYOD_ALLOWED_HOSTS` may list, separated by commas, what else than
    /// `*.convex.cloud` users' deployments may be at: hosts as
    /// [`allow_host`](Self::allow_host) takes them, and `*` for any host of the
    /// internet ([`allow_any_public_host`](Self::allow_any_public_host)).
    ///
    /// [`Error::Config`] names the variable that is missing.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    pub(super) fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let var = |name| -> Result<Option<Zeroizing<String>>, Error> {
            let value = Zeroizing::new(var(name).unwrap_or_default());
            if is_quoted(value.trim()) {
                return Err(Error::config(format!(
                    "{name} stands in quotes, which would be part of it; set it without them"
                )));
            }
            Ok((!value.trim().is_empty()).then_some(value))
        };
        let mut main_url = None;
        for name in ["CONVEX_URL", "NEXT_PUBLIC_CONVEX_URL", SELF_HOSTED_URL] {
            if let (None, Some(url)) = (&main_url, var(name)?) {
                main_url = Some((name, UrlText(url.to_string())));
            }
        }
        if main_url.is_none() {
            return Err(Error::config(
                "CONVEX_URL (or NEXT_PUBLIC_CONVEX_URL, or CONVEX_SELF_HOSTED_URL) is not set; \
                 set it to the main deployment's URL, such as https://happy-animal-123.convex.cloud",
            ));
        }
        // The one that belongs to the URL: no other deployment is given it.
        let key = match main_url {
            Some((SELF_HOSTED_URL, _)) => "CONVEX_SELF_HOSTED_ADMIN_KEY",
            _ => "CONVEX_DEPLOY_KEY",
        };
        let Some(deploy_key) = var(key)? else {
            return Err(Error::config(format!(
                "{key} is not set; set it to the main deployment's deploy key, \
                 from the deployment's settings in the Convex dashboard"
            )));
        };
        let Some(encryption_key) = var(KEY)? else {
            return Err(Error::config(
                "BYOD_ENCRYPTION_KEY is not set; set it to the key that users' credentials are \
                 sealed with: 64 hex digits, for example from `byod keygen`",
            ));
        };
        let former = match var(FORMER)? {
            Some(keys) => EncryptionKey::parse_list(FORMER, &keys)
                .map_err(|error| Error::config(format!("{FORMER}: {}", bare(&error))))?,
            None => Vec::new(),
        };
        Ok(Self {
            main_url,
            deploy_key: Some(deploy_key.trim().into()),
            encryption_key: Some(
                EncryptionKey::written(KEY, encryption_key.trim())
                    .map_err(|error| Error::config(format!("{KEY}: {}", bare(&error))))?,
            ),
            former_encryption_keys: former,
            addresses: var(ALLOWED_HOSTS)?
                .map(|list| AddressSettings::from_list(ALLOWED_HOSTS, &list))
                .unwrap_or_default(),
            ..Self::default()
        })
    }
}
