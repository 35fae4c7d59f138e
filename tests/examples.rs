//! What a service touches has an example in its documentation.

use std::fs;
use std::path::Path;

/// Types by the folder of their crate.
const TOUCHED: [(&str, &[&str]); 3] = [
    (
        "byod-runtime",
        &[
            "Byod",
            "ByodBuilder",
            "Session",
            "Batch",
            "PaginatedQuery",
            "Routed",
            "Rollout",
            "Rollouts",
            "Router",
            "Client",
            "Credentials",
            "DeployKey",
            "Token",
            "EncryptionKey",
            "Keyring",
            "UserStatus",
            "ConnectionTest",
            "ConnectionProblem",
            "Error",
            "Outcome",
            "Doc",
            "Page",
            "Swept",
        ],
    ),
    (
        "byod-local",
        &[
            "Local",
            "LocalDeployment",
            "Ctx",
            "Identity",
            "Object",
            "Query",
        ],
    ),
    ("byod-build", &["Builder", "Limits"]),
];

/// The texts of a crate's files.
fn texts(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// The documentation in front of a type's declaration.
fn documentation<'t>(text: &'t str, name: &str) -> Option<Vec<&'t str>> {
    let lines: Vec<&str> = text.lines().collect();
    let declares = |line: &&str| {
        let rest = line
            .strip_prefix("pub struct ")
            .or(line.strip_prefix("pub enum "));
        let rest = rest.and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let at = lines.iter().position(declares)?;
    let before = lines[..at].iter().rev();
    let before = before.take_while(|line| line.starts_with("///") || line.starts_with("#["));
    Some(before.copied().collect())
}

#[test]
fn every_type_that_a_service_touches_has_an_example() {
    let mut without = Vec::new();
    for (folder, names) in TOUCHED {
        let mut of_crate = Vec::new();
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(folder)
            .join("src");
        texts(&source, &mut of_crate);
        for name in names {
            let mut found = of_crate.iter().filter_map(|text| documentation(text, name));
            if !found.any(|lines| lines.iter().any(|line| line.contains("```"))) {
                without.push(format!("{folder}: {name}"));
            }
        }
    }
    assert!(without.is_empty(), "{without:?}");
}
