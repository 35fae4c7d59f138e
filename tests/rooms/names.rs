//! Names of files that lie side by side: none may differ from another by its ending
//! alone, as `connects` and `connecting` do, for nobody can guess which does what.

use std::collections::{BTreeMap, BTreeSet};

/// What is left of a word without one of these is what it is about; the longest first.
const ENDINGS: [&str; 16] = [
    "ations", "ation", "ions", "ings", "ies", "ied", "ion", "ing", "ers", "ors", "er", "or", "es",
    "ed", "s", "y",
];

/// The names that tell a folder's modules apart no better than by an ending, in words.
pub(crate) fn alike<'a>(paths: impl Iterator<Item = &'a [String]>) -> Vec<String> {
    let mut stems: BTreeMap<(&[String], &str), BTreeSet<&str>> = BTreeMap::new();
    for path in paths {
        if let Some((name, folder)) = path.split_last() {
            stems.entry((folder, stem(name))).or_default().insert(name);
        }
    }
    let several = stems.into_iter().filter(|(_, names)| names.len() > 1);
    several
        .map(|((folder, _), names)| {
            let names: Vec<&str> = names.into_iter().collect();
            let (names, folder) = (names.join("` and `"), folder.join("::"));
            format!("`{names}` of `{folder}` differ by their endings only")
        })
        .collect()
}

fn stem(name: &str) -> &str {
    let without = |ending: &&str| name.strip_suffix(ending).filter(|rest| rest.len() > 2);
    let rest = ENDINGS.iter().find_map(without).unwrap_or(name);
    // `cache` and `caching`
    rest.strip_suffix('e').unwrap_or(rest)
}

#[test]
fn names_that_differ_by_their_endings_are_found() {
    let found = |names: [&str; 2]| {
        let paths = names.map(|name| vec!["routing".to_owned(), name.to_owned()]);
        !alike(paths.iter().map(Vec::as_slice)).is_empty()
    };
    for names in [
        ["watched", "watching"],
        ["recovery", "recoveries"],
        ["connecting", "connects"],
        ["reader", "reading"],
        ["route", "routes"],
        ["cache", "caching"],
    ] {
        assert!(found(names), "{names:?}");
    }
    for names in [
        ["claims", "known_claims"],
        ["status", "store"],
        ["reader", "reader"],
    ] {
        assert!(!found(names), "{names:?}");
    }
}
