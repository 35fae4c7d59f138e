//! Bundles in a folder, each under its digest: too large for an engine's journal, which names them.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use byod_runtime::Bundle;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, ParseError};

/// Which bundle: the SHA-256 of its push request without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest([u8; 32]);

/// A folder of bundles, which whoever asks for a roll-out writes to and every worker reads: a shared one, or one that is copied
/// from machine to machine. It holds code, and no key.
#[derive(Debug)]
pub struct Bundles {
    folder: PathBuf,
    /// The one that was read last: a roll-out asks for it once for each user.
    last: Mutex<Option<(Digest, Bundle)>>,
}

impl Bundles {
    /// Of that folder, which is made where it isn't there.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        io_of(&folder, fs::create_dir_all(&folder))?;
        let last = Mutex::default();
        Ok(Self { folder, last })
    }

    /// Puts it there, unless it is.
    pub fn put(&self, bundle: &Bundle) -> Result<Digest, Error> {
        let request = bundle.to_request();
        let digest = Digest(Sha256::digest(&request).into());
        let path = self.path(digest);
        if !path.is_file() {
            // Whole or not at all, for workers that look meanwhile.
            let name = format!("{digest}.{}.writing", std::process::id());
            let written = self.folder.join(name);
            io_of(&written, fs::write(&written, request))?;
            io_of(&path, fs::rename(&written, &path))?;
        }
        Ok(digest)
    }

    /// Reads it.
    ///
    /// [`Error::NoBundle`] where it isn't there: a matter of time, where folders are copied.
    pub fn get(&self, digest: Digest, schema_version: u64) -> Result<Bundle, Error> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, bundle)) = &*last
            && *known == digest
            && bundle.schema_version() == schema_version
        {
            return Ok(bundle.clone());
        }
        let path = self.path(digest);
        let request = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::NoBundle { path });
            }
            read => io_of(&path, read)?,
        };
        if Digest(Sha256::digest(&request).into()) != digest {
            return Err(Error::OtherBundle { path });
        }
        let bundle = Bundle::parse(&request, schema_version)?;
        *last = Some((digest, bundle.clone()));
        Ok(bundle)
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{digest}.json"))
    }
}

fn io_of<T>(path: &Path, result: io::Result<T>) -> Result<T, Error> {
    result.map_err(|source| Error::Io {
        what: path.display().to_string(),
        source,
    })
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let none = || ParseError::new(text, "is no digest of a bundle");
        let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.len() != 64 || !digits {
            return Err(none());
        }
        let mut digest = [0; 32];
        for (at, byte) in digest.iter_mut().enumerate() {
            let pair = &text[2 * at..2 * at + 2];
            *byte = u8::from_str_radix(pair, 16).map_err(|_| none())?;
        }
        Ok(Self(digest))
    }
}

impl TryFrom<String> for Digest {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
