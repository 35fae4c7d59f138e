//! An answer is Convex's, or it is absent and named. Never third.
//!
//! `expected.json` of each case is what the npm packages export with everything
//! installed; the cases are read as a build finds them, with nothing installed.

use std::fs;
use std::path::{Path, PathBuf};

use byod_build::{Error, Limits, ProjectReading, read_project};
use serde_json::Value;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

/// The folder of functions: that of the app, or of its component.
fn folder(case: &Path) -> PathBuf {
    let convex = case.join("convex");
    let component = convex.join("betterAuth");
    if component.is_dir() {
        component
    } else {
        convex
    }
}

/// What is wrong with a reading, and how much of it is there.
fn judge(reading: &ProjectReading, expected: &Value, folder: &Path) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let schema: Value = serde_json::from_str(reading.schema.json.get()).unwrap();
    if schema != expected["schema"] {
        wrong.push(format!("schema: {schema}"));
    }
    let wanted = expected["functions"].as_object().unwrap();
    for (path, function) in &reading.functions {
        let json: Value = serde_json::from_str(function.json.get()).unwrap();
        if wanted.get(&path.to_string()) != Some(&json) {
            wrong.push(format!("{path}: {json}"));
        }
    }
    for path in wanted.keys() {
        let (module, name) = path.split_once(':').unwrap();
        let start = folder.join(module).display().to_string();
        let is_read = reading
            .functions
            .keys()
            .any(|read| read.to_string() == *path);
        let is_named = reading.warnings.iter().any(|line| {
            let names = [
                format!("`{name}`"),
                "whatever is passed on".to_owned(),
                "not loaded".to_owned(),
            ];
            line.starts_with(&start) && names.iter().any(|name| line.contains(name))
        });
        if !is_read && !is_named {
            wrong.push(format!(
                "{path} is missing without a word: {:#?}",
                reading.warnings
            ));
        }
    }
    (wrong, reading.functions.len())
}

#[test]
fn nothing_is_wrong_and_nothing_is_silent() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let expected = fs::read_to_string(case.join("expected.json")).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        match read_project(&folder(&case), &Limits::default()) {
            Ok(reading) => {
                let (found, functions) = judge(&reading, &expected, &folder(&case));
                println!(
                    "{name}: {functions} of {} functions",
                    expected["functions"].as_object().unwrap().len()
                );
                wrong.extend(found.iter().map(|one| format!("{name}: {one}")));
            }
            Err(error @ Error::Schema { .. }) => {
                println!("{name}: {error}");
                assert!(error.to_string().contains("install"), "{name}: {error}");
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is read depends on the work that was done, never on what else the machine does.
#[test]
fn two_readings_are_equal_also_under_load() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/slow_package/convex");
    // Stopped, and not stopped.
    for operations in [20_000_000, Limits::default().operations] {
        let limits = Limits {
            operations,
            ..Limits::default()
        };
        let read = || {
            let reading = read_project(&case, &limits).unwrap();
            let functions: Vec<String> =
                reading.functions.keys().map(ToString::to_string).collect();
            (functions, reading.warnings)
        };
        let alone = read();
        let load: Vec<_> = (0..3)
            .map(|_| {
                std::thread::spawn(|| (0..60_000_000_u64).fold(0, |a, b| a ^ b.wrapping_mul(a)))
            })
            .collect();
        assert_eq!(read(), alone);
        for one in load {
            one.join().unwrap();
        }
        assert_eq!(alone.0.is_empty(), operations == 20_000_000, "{alone:?}");
    }
}
