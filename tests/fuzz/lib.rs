//! What is fuzzed: everything that reads data from outside. Each target takes any
//! bytes and panics where something is wrong with what was made of them.
//!
//! `cargo test -p byod-fuzz-targets` runs them on the corpus of `fuzz/corpus` and on
//! mutations of it; `fuzz/` has them as programs of libFuzzer, for long runs.

use byod_runtime::{Credentials, EncryptionKey, Keyring, UserDatabaseConfig, UserId};
use byod_schema::{Manifest, Value};

/// One of them.
pub struct Target {
    /// The name of its folder in the corpus.
    pub name: &'static str,
    /// Runs it on some bytes.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "value",
        run: value,
    },
    Target {
        name: "answer",
        run: answer,
    },
    Target {
        name: "record",
        run: record,
    },
    Target {
        name: "manifest",
        run: manifest,
    },
    #[cfg(feature = "config")]
    Target {
        name: "config",
        run: config,
    },
    #[cfg(feature = "config")]
    Target {
        name: "module",
        run: module,
    },
];

/// A value in Convex's encoding: what was read is written, and read as the same.
pub fn value(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let json = serde_json::to_string(&value).expect("what was read can be written");
    let again: Value = serde_json::from_str(&json).expect("what was written can be read");
    let (first, second) = (format!("{value:?}"), format!("{again:?}"));
    assert_eq!(first, second, "{json}");
    assert_eq!(json, serde_json::to_string(&again).expect("it was before"));
    assert!(!value.to_string().is_empty());
}

/// The answer of a deployment: its status, then its body. No error of it is long, or
/// has more than one line.
pub fn answer(bytes: &[u8]) {
    const STATUS: [u16; 8] = [200, 560, 400, 401, 403, 404, 429, 503];
    let Some((first, body)) = bytes.split_first() else {
        return;
    };
    let status = STATUS[*first as usize % STATUS.len()];
    for error in byod_runtime::internals::read_answer(status, body) {
        let text = error.to_string();
        assert!(text.lines().count() <= 1, "{text}");
        assert!(text.len() < 25_000, "{text}");
        assert!(!text.contains("fuzz-geheim"), "{text}");
    }
}

/// What the records of the corpus hold.
pub const DEPLOY_KEY: &str = "prod:happy-animal-123|secret";

/// The keys they were sealed with.
pub fn keys() -> Keyring {
    let key = |text| EncryptionKey::parse(text).expect("it is not empty");
    Keyring::new(key("current")).with_former(key("former"))
}

/// The user they belong to.
pub const USER: &str = "alice";

/// The credentials they hold.
pub fn credentials() -> Credentials {
    Credentials {
        deployment_url: "https://happy-animal-123.convex.cloud".to_owned(),
        deploy_key: DEPLOY_KEY.into(),
    }
}

/// A user's record, as main gives it: it opens to what was sealed, or not at all.
pub fn record(bytes: &[u8]) {
    let Ok(record) = serde_json::from_slice::<UserDatabaseConfig>(bytes) else {
        return;
    };
    if let Ok(opened) = keys().open(&UserId::from(USER), &record.credentials) {
        let (found, expected) = (opened.credentials, credentials());
        assert_eq!(found.deployment_url, expected.deployment_url);
        assert_eq!(found.deploy_key.expose_secret(), DEPLOY_KEY);
    }
}

/// The manifest, which a snapshot is too: what was read is written, and read as the
/// same, and both projects can be compared.
pub fn manifest(bytes: &[u8]) {
    let Ok(manifest) = serde_json::from_slice::<Manifest>(bytes) else {
        return;
    };
    let json = serde_json::to_string(&manifest).expect("what was read can be written");
    let again: Manifest = serde_json::from_str(&json).expect("what was written can be read");
    assert_eq!(json, serde_json::to_string(&again).expect("it was before"));
    let names: Vec<String> = manifest.tables().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        for difference in manifest.table_differences(&name) {
            assert!(!difference.to_string().is_empty());
        }
    }
}

/// `byod.toml`: an error says on which line it is.
#[cfg(feature = "config")]
pub fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Err(error) = byod_build::check_config(text) {
        assert!(error.to_string().starts_with("byod.toml"), "{error}");
    }
}

/// The endings that a module's name may have; the first byte says which.
#[cfg(feature = "config")]
pub const ENDINGS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mts", "mjs", "cts", "cjs"];

/// The text of a module: it is compiled, or is an error; and what is compiled is no
/// deeper than what is let pass.
#[cfg(feature = "config")]
pub fn module(bytes: &[u8]) {
    use std::path::PathBuf;
    let Some((first, text)) = bytes.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let ending = ENDINGS[*first as usize % ENDINGS.len()];
    let path = PathBuf::from(format!("convex/fuzzed.{ending}"));
    let compile = || byod_build::compile_module(&path, text);
    let code = byod_build::with_deep_stack(compile).expect("there is memory");
    if code.is_some() {
        assert!(byod_build::check_nesting(&path, text).is_ok());
    }
}
