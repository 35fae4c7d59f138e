//! Runs every target on its corpus, and on mutations of it.
//!
//! `BYOD_FUZZ_RUNS` says how many of each; the default is what a test can take.
//! Every run is the same again: the mutations come from a fixed seed, or that of
//! `BYOD_FUZZ_SEED`.

#![allow(clippy::unwrap_used, reason = "this is a test")]

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use byod_fuzz_targets::TARGETS;
use fastrand::Rng;

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => default,
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let folder = folder.join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// What the formats consist of.
const WORDS: [&str; 42] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "-0",
    "1e999",
    "\\u0000",
    "\\ud800",
    "$integer",
    "$float",
    "$bytes",
    "AAAAAAAAAAA=",
    "[[",
    "\u{feff}",
    "status",
    "value",
    "\n",
    "=",
    // Programs.
    "(",
    ")",
    "`",
    "${",
    "/",
    "/[`/]/",
    "<",
    ">",
    "</a>",
    "=>",
    "?",
    ".",
    "!",
    "else ",
    "if (a) ",
    "extends ",
    "//",
    "/*",
    "'",
    ";",
];

/// What nests, and what ends it.
const NESTED: [(&str, &str); 8] = [
    ("[", "]"),
    ("{\"a\":", "}"),
    ("(", ")"),
    ("`${", "}`"),
    ("A<", ">"),
    ("<a>", "</a>"),
    ("a => ", ""),
    ("a ? ", " : b"),
];

/// A few changes, each of one of the usual kinds.
fn mutate(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus[rng.usize(..corpus.len())].clone();
    for _ in 0..rng.usize(1..6) {
        let at = rng.usize(..=bytes.len());
        let to = rng.usize(at..=bytes.len());
        match rng.u8(..8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
            1 if at < bytes.len() => bytes[at] = rng.u8(..),
            2 => bytes.insert(at, rng.u8(..)),
            3 => drop(bytes.drain(at..to)),
            4 => {
                let range = bytes[at..to].to_vec();
                bytes.splice(at..at, range);
            }
            5 => {
                let other = &corpus[rng.usize(..corpus.len())];
                let from = rng.usize(..=other.len());
                bytes.splice(at..to, other[from..].iter().copied());
            }
            6 => {
                let word = WORDS[rng.usize(..WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
            _ => {
                let (open, close) = NESTED[rng.usize(..NESTED.len())];
                let levels = if rng.u8(..16) == 0 {
                    10_000
                } else {
                    rng.usize(..200)
                };
                bytes.splice(to..to, close.repeat(levels).bytes());
                bytes.splice(at..at, open.repeat(levels).bytes());
            }
        }
        bytes.truncate(200_000);
    }
    bytes
}

#[test]
fn no_input_makes_a_target_panic() {
    let runs = number("BYOD_FUZZ_RUNS", 2_000);
    let seed = number("BYOD_FUZZ_SEED", 6);
    let (mut total, mut crashes) = (0, Vec::new());
    for target in TARGETS {
        let corpus = corpus(target.name);
        assert!(corpus.len() >= 5, "{} has next to no corpus", target.name);
        let mut rng = Rng::with_seed(seed);
        let mutations = (0..runs).map(|_| mutate(&mut rng, &corpus));
        for bytes in corpus.iter().cloned().chain(mutations) {
            total += 1;
            if catch_unwind(|| (target.run)(&bytes)).is_err() {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                crashes.push(format!("{}: {text:?}", target.name));
            }
        }
    }
    println!("fuzz runs {total}, crashes {}", crashes.len());
    assert!(crashes.is_empty(), "{}", crashes.join("\n"));
}

/// The corpus reaches what it is there for, not only the first error.
#[test]
fn the_corpus_is_read() {
    let read = |target: &str, reads: fn(&[u8]) -> bool| {
        let corpus = corpus(target);
        corpus.iter().filter(|bytes| reads(bytes)).count()
    };
    let opens = |bytes: &[u8]| {
        let record = serde_json::from_slice::<byod_runtime::UserDatabaseConfig>(bytes).unwrap();
        byod_fuzz_targets::keys()
            .open(&byod_fuzz_targets::USER.into(), &record.credentials)
            .is_ok()
    };
    assert_eq!(read("record", opens), 6);
    let is_manifest = |bytes: &[u8]| serde_json::from_slice::<byod_schema::Manifest>(bytes).is_ok();
    assert_eq!(read("manifest", is_manifest), 5);
    let is_value = |bytes: &[u8]| serde_json::from_slice::<byod_schema::Value>(bytes).is_ok();
    assert!(read("value", is_value) > 25);
    let is_config = |bytes: &[u8]| byod_build::check_config(str::from_utf8(bytes).unwrap()).is_ok();
    assert_eq!(read("config", is_config), 6);
    let compiles = |bytes: &[u8]| {
        let ending = byod_fuzz_targets::ENDINGS[bytes[0] as usize];
        let path = PathBuf::from(format!("a.{ending}"));
        let text = str::from_utf8(&bytes[1..]).unwrap();
        byod_build::compile_module(&path, text).is_some()
    };
    assert_eq!(read("module", compiles), 9);
    // A value is read as one, and is none of the other things that are tried.
    let is_answer = |bytes: &[u8]| byod_runtime::internals::read_answer(200, &bytes[1..]).len() < 4;
    assert_eq!(read("answer", is_answer), 3);
}
