//! What a service touches has an example in its documentation.

use std::fs;
use std::path::Path;

/// Crates of which a service touches all that they give.
const WHOLE: [&str; 3] = ["byod-runtime", "byod-local", "byod-gateway"];

/// What it touches of others, which are the tool's as well.
const TOUCHED: [(&str, &[&str]); 1] = [("byod-build", &["Builder", "Limits", "emit"])];

/// What isn't documented by an example: modules, and another crate.
const LEFT: [&str; 3] = ["relay", "reqwest", "validators"];

/// The texts of a crate's files.
fn texts(folder: &str) -> Vec<String> {
    fn gather(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    gather(&root.join(folder).join("src"), &mut found);
    found
}

/// What a crate gives: the names in its `pub use`.
fn given(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join(folder).join("src/lib.rs")).unwrap();
    let mut names = Vec::new();
    for used in text.split("\npub use ").skip(1) {
        let used = used.split(';').next().unwrap();
        let (_, used) = used.rsplit_once("::").unwrap_or(("", used));
        let used = used.trim_matches(['{', '}']).split(',');
        let used = used.map(|name| name.split(" as ").next().unwrap().trim());
        names.extend(used.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    names.retain(|name| !LEFT.contains(&&**name));
    names
}

/// The documentation in front of a declaration, also where a macro makes it.
fn documentation<'t>(text: &'t str, name: &str) -> Option<Vec<&'t str>> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declares = |line: &&str| {
        let words = ["struct", "enum", "trait", "type", "fn"];
        let public = line.strip_prefix("pub ");
        let declared = public.and_then(|rest| {
            let mut kinds = words.iter().filter_map(|word| rest.strip_prefix(word));
            kinds.next()?.strip_prefix(' ')
        });
        let rest = declared.unwrap_or(line).strip_prefix(name);
        rest.is_some_and(|rest| match declared {
            Some(_) => !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'),
            None => rest.is_empty() || rest.starts_with(", \""),
        })
    };
    let at = lines.iter().position(declares)?;
    let before = lines[..at].iter().rev().take_while(|line| !line.is_empty());
    Some(before.copied().collect())
}

#[test]
fn everything_that_a_service_touches_has_an_example() {
    let of_others = ["byod-macros", "schema"].map(texts).concat();
    let whole = WHOLE.map(|folder| (folder, given(folder)));
    let parts = TOUCHED.map(|(folder, names)| {
        let names = names.iter().map(|name| (*name).to_owned());
        (folder, names.collect())
    });
    let mut without = Vec::new();
    for (folder, names) in whole.into_iter().chain(parts) {
        assert!(names.len() > 2, "{folder}: {names:?}");
        let mut texts = texts(folder);
        texts.extend_from_slice(&of_others);
        for name in names {
            let mut found = texts.iter().filter_map(|text| documentation(text, &name));
            if !found.any(|lines| lines.iter().any(|line| line.starts_with("/// ```"))) {
                without.push(format!("{folder}: {name}"));
            }
        }
    }
    assert!(without.is_empty(), "{without:?}");
}
