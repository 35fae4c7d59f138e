//! Every dependency has its reason in a table of docs/design.md, and nothing else
//! has one.

use std::collections::BTreeSet;

fn rows() -> Vec<&'static str> {
    let design = include_str!("../docs/design.md");
    let (_, section) = design.split_once("\n## Dependencies\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|');
        let (names, reason) = (cells.next().unwrap(), cells.next().unwrap_or_default());
        assert!(reason.trim().len() > 3, "no reason: {row}");
        names
    })
    .collect()
}

/// The lines under `[dependencies]`, `[target.….dev-dependencies]` and the like.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut is_within = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_within = line.ends_with("dependencies]");
            // One that has a section of its own could say anything there.
            assert!(!line.contains("dependencies."), "{line}");
        } else if is_within && !line.is_empty() && !line.starts_with('#') {
            found.push(line);
        }
    }
    found
}

/// The members name no versions, so the workspace's list has all there are.
#[test]
fn each_is_the_workspaces() {
    let cargo = include_str!("../Cargo.toml");
    let (_, members) = cargo.split_once("members = [").unwrap();
    let members = members.split(']').next().unwrap();
    let mut count = 0;
    for member in members.split('"').skip(1).step_by(2) {
        let path = format!("{}/../{member}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
        let manifest = std::fs::read_to_string(path).unwrap();
        for dependency in dependencies(&manifest) {
            // Its own features, for its tests.
            let is_itself = dependency.starts_with(&format!("{member} = {{ path = \".\""));
            assert!(
                is_itself || dependency.contains("workspace = true"),
                "{member}: {dependency}"
            );
            count += 1;
        }
    }
    assert!(count > 60, "{count}");
}

#[test]
fn each_has_its_reason() {
    let explained: BTreeSet<&str> = rows()
        .iter()
        .flat_map(|names| names.split('`').skip(1).step_by(2))
        .collect();
    let cargo = include_str!("../Cargo.toml");
    let (_, section) = cargo.split_once("[workspace.dependencies]\n").unwrap();
    let section = section.split("\n[").next().unwrap();
    let names = section.lines().filter_map(|line| line.split_once(" = "));
    // Workspaces of their own, which may have what nothing else has.
    let apart = [
        include_str!("../fuzz/Cargo.toml"),
        include_str!("../benches/official/Cargo.toml"),
    ];
    let apart = apart.into_iter().flat_map(dependencies);
    let apart = apart.filter_map(|line| line.split_once(" = "));
    let used: BTreeSet<&str> = names
        .chain(apart)
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with('#') && !name.starts_with("byod-"))
        .collect();
    assert!(used.len() > 40, "{used:?}");
    let is_explained = |name: &&&str| {
        let family = |known: &&str| {
            let prefix = known.strip_suffix('*');
            prefix.is_some_and(|prefix| name.starts_with(prefix))
        };
        explained.contains(**name) || explained.iter().any(family)
    };
    let missing: Vec<_> = used.iter().filter(|name| !is_explained(name)).collect();
    assert!(
        missing.is_empty(),
        "give {missing:?} a reason in docs/design.md"
    );
    let gone = explained.iter().filter(|known| {
        let prefix = known.trim_end_matches('*');
        !used.iter().any(|name| match known.ends_with('*') {
            true => name.starts_with(prefix),
            false => name == *known,
        })
    });
    let gone: Vec<_> = gone.collect();
    assert!(gone.is_empty(), "{gone:?} are no dependencies any more");
}
