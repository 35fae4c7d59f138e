//! A checkout in which nothing is installed, read with what it would install.

use std::fs;
use std::process::Command;

use crate::support::{Project, copy, node, repository};
use serde_json::Value;

/// A case of the reader's, with a `byod.toml`.
fn case(name: &str) -> (Project, Value) {
    let project = Project::empty();
    let from = repository(&format!("../byod-build/tests/cases/{name}"));
    copy(&from, &project.root);
    project.write(
        "byod.toml",
        "snapshot = \"byod-snapshot.json\"\nmain.convex = \"convex\"\n",
    );
    let expected = serde_json::from_str(&project.read("expected.json")).unwrap();
    (project, expected)
}

#[test]
fn a_snapshot_has_what_the_packages_say() {
    if node().is_none() {
        return;
    }
    let (project, expected) = case("workpool_pinned_older");
    // As a build finds it: absent, and named.
    let answer = project.byod(&["read", "convex"]).json();
    assert_eq!(answer["functions"], serde_json::json!({}));
    assert!(
        answer["warnings"].to_string().contains("version 0.3.0"),
        "{answer}"
    );

    let temporary = project.root.join("temporary");
    fs::create_dir(&temporary).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_byod"))
        .arg("snapshot")
        .current_dir(&project.root)
        .env("TMPDIR", &temporary)
        .output()
        .unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}{stderr}");
    assert_eq!(stdout.trim(), "byod-snapshot.json");
    assert_eq!(
        fs::read_dir(&temporary).unwrap().count(),
        0,
        "nothing is left behind"
    );
    let snapshot: Value = serde_json::from_str(&project.read("byod-snapshot.json")).unwrap();
    let functions = &snapshot["main"]["functions"];
    let read = &functions["jobs:done"];
    assert_eq!(
        read["args"], expected["functions"]["jobs:done"]["args"],
        "{functions}"
    );
    assert!(!project.has("node_modules"), "it is installed apart");

    // Builds of the same files take what is absent from there.
    let build = || {
        let builder = byod_build::Builder::new().config(project.root.join("byod.toml"));
        builder.read().unwrap().main
    };
    assert_eq!(build().functions.len(), 1);
    assert_eq!(build().warnings, Vec::<String>::new());
    // Of others they don't: absent, and named.
    let text = project.read("convex/jobs.ts");
    project.write("convex/jobs.ts", &format!("{text}// changed\n"));
    assert_eq!(build().functions.len(), 0);
    assert!(!build().warnings.is_empty());
    project.write("convex/jobs.ts", &text);
    project.replace("package.json", "\"0.3.0\"", "\"0.3.1\"");
    assert_eq!(build().functions.len(), 0);
    project.replace("package.json", "\"0.3.1\"", "\"0.3.0\"");
    assert_eq!(build().functions.len(), 1);

    let answer = project.byod(&["read", "--with-packages", "convex"]).json();
    assert_eq!(answer["functions"], expected["functions"]);
    assert_eq!(answer["schema"], expected["schema"]);
    assert_eq!(answer["warnings"], serde_json::json!([]));
}

#[test]
fn a_schema_that_needs_a_package_is_read_too() {
    if node().is_none() {
        return;
    }
    let (project, expected) = case("effect_pipe_schema");
    assert_eq!(project.byod(&["read", "convex"]).status, 2);
    let answer = project.byod(&["read", "--with-packages", "convex"]).json();
    assert_eq!(answer["schema"], expected["schema"]);
}

#[test]
fn without_a_snapshot_in_byod_toml_the_line_is_named() {
    let project = Project::example();
    project.write(
        "byod.toml",
        &project
            .read("byod.toml")
            .replace("snapshot = ", "# snapshot = "),
    );
    let answer = project
        .write("byod.toml", "main.convex = \"plain\"\n")
        .write("plain/convex/notes.ts", "export const one = 1;\n")
        .byod(&["snapshot"]);
    assert_eq!(answer.status, 2, "{}", answer.stdout);
    assert!(
        answer
            .stderr
            .contains("Add as its first line: snapshot = \"byod-snapshot.json\""),
        "{}",
        answer.stderr
    );
}

/// A version that the registry doesn't have is said, and all else is written.
#[test]
fn what_cannot_be_installed_is_said() {
    if node().is_none() {
        return;
    }
    let (project, _) = case("workpool_pinned_older");
    project.replace("package.json", "\"0.3.0\"", "\"0.3.99\"");
    let answer = project.byod(&["snapshot"]);
    assert_eq!(answer.status, 1, "{}", answer.stderr);
    assert!(
        answer
            .stdout
            .contains("`@convex-dev/workpool` 0.3.99 is not to be had from the registry of npm"),
        "{}",
        answer.stdout
    );
    let snapshot = project.read("byod-snapshot.json");
    assert!(!snapshot.contains("jobs:done"), "{snapshot}");
}
