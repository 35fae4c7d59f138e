//! Every project under `tests/fixtures` reads as Convex's own package says.
//!
//! `expected.json` beside each is written by `tests/expected/regenerate.mjs`.

use std::fs;
use std::path::{Path, PathBuf};

use byod_build::{Limits, read_project};
use serde_json::{Map, Value};

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn convex_folder(fixture: &Path) -> PathBuf {
    let folder = fixture.join("convex");
    if folder.exists() {
        folder
    } else {
        fixture.join("packages/backend/convex")
    }
}

#[test]
fn every_fixture_reads_as_convex_says() {
    let mut differing = Vec::new();
    for fixture in fixtures() {
        let name = fixture.file_name().unwrap().to_string_lossy().into_owned();
        let expected = fs::read_to_string(fixture.join("expected.json")).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let reading = match read_project(&convex_folder(&fixture), &Limits::default()) {
            Ok(reading) => reading,
            Err(error) => {
                differing.push(format!("{name}: {error}"));
                continue;
            }
        };
        let schema: Value = serde_json::from_str(reading.schema.json.get()).unwrap();
        if schema != expected["schema"] {
            differing.push(format!("{name}: schema\n{schema:#}"));
        }
        let functions: Map<String, Value> = reading
            .functions
            .iter()
            .map(|(path, function)| {
                let json = serde_json::from_str(function.json.get()).unwrap();
                (path.to_string(), json)
            })
            .collect();
        if Value::Object(functions.clone()) != expected["functions"] {
            let missing: Vec<_> = expected["functions"]
                .as_object()
                .unwrap()
                .iter()
                .filter(|(path, json)| functions.get(*path) != Some(json))
                .collect();
            let more: Vec<_> = functions
                .iter()
                .filter(|(path, json)| expected["functions"].get(path) != Some(json))
                .collect();
            differing.push(format!(
                "{name}: functions\nexpected {missing:#?}\nread {more:#?}\n{:#?}",
                reading.warnings
            ));
        }
        if schema.is_null() {
            assert!(reading.schema.value.tables.is_empty());
            continue;
        }
        // The typed values say the same as the text, with its defaults.
        let mut schema = schema;
        for table in schema["tables"].as_array_mut().unwrap() {
            for staged in [
                "stagedDbIndexes",
                "stagedSearchIndexes",
                "stagedVectorIndexes",
            ] {
                let indexes = &mut table[staged];
                if indexes.is_null() {
                    *indexes = Value::Array(Vec::new());
                }
            }
        }
        let typed = serde_json::to_value(&reading.schema.value).unwrap();
        if typed != schema {
            differing.push(format!("{name}: typed schema\n{typed:#}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}
