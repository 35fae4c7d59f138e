//! The second example, `examples/large/`: an app of the size that people have. Whether it is
//! what it says it is; `touches.rs` holds what byod makes of it against its `expected.json`.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::Project;
use serde_json::Value;

/// Runs a script of its `package.json`, with its own packages.
fn npm_run(script: &str) -> Option<String> {
    let folder = crate::support::installed("../examples/large")?;
    let output = Command::new("npm")
        .args(["run", "--silent", script])
        .current_dir(folder)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(stdout)
}

#[test]
fn every_public_function_that_is_read_stands_in_what_is_expected() {
    let project = Project::large();
    let answer = project.byod(&["read", "convex"]);
    assert_eq!(answer.status, 0, "{}", answer.stderr);
    let read = answer.json();
    // Without its packages, here.
    let warnings = read["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0]
            .as_str()
            .unwrap()
            .starts_with("`convex-helpers` is not installed"),
        "{warnings:?}"
    );
    let public: BTreeSet<&str> = read["functions"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, function)| {
            function["visibility"]["kind"] == "public" && function["functionType"] != "HttpAction"
        })
        // What `byod export --main` has written is not the app's.
        .filter(|(path, _)| !path.starts_with("byod/"))
        .map(|(path, _)| path.as_str())
        .collect();
    let expected: Value = serde_json::from_str(&project.read("expected.json")).unwrap();
    let expected: BTreeSet<&str> = expected
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["function"].as_str().unwrap())
        .collect();
    assert_eq!(public, expected);
    let tables = read["schema"]["tables"].as_array().unwrap();
    // And those of the users' records and of what is done for users' deployments.
    assert_eq!((public.len(), tables.len()), (327, 67 + 6));
}

#[test]
fn main_has_what_is_written_for_it() {
    let project = Project::large();
    // What main's actions go by is found once users' deployments have a project.
    let exported = project.export(&[]);
    assert_eq!(
        exported["mainRoutesChanged"], false,
        "{}",
        exported["notes"]
    );
    let main = project.byod(&["export", "--main", "--json"]).json();
    let nothing = serde_json::json!([]);
    for list in ["written", "kept", "todo"] {
        assert_eq!(main[list], nothing, "{main}");
    }
    let differences = |project: &Project| {
        let report = project.byod(&["check", "--json"]).json();
        let all = report["differences"].as_array().unwrap().clone();
        let all = all.iter().map(|it| it.as_str().unwrap().to_owned());
        all.collect::<Vec<String>>()
    };
    assert_eq!(differences(&project), [""; 0]);

    // What is older, or isn't there, is said.
    project.write(
        "convex/byod/outbox.ts",
        "// Written by `byod export --main`.\n",
    );
    project.write(
        "convex/byod/routes.ts",
        "// Written by `byod export --main`.\n",
    );
    project.remove("convex/byod/mirror.ts");
    project.remove("convex/byod/server.ts");
    let found = differences(&project);
    for (file, is) in [
        ("outbox", "is out of date, and main would refuse"),
        ("mirror", "is missing, and users' deployments get no copies"),
        ("server", "is missing, and main's actions go by it"),
        ("routes", "is out of date, and main's actions go by it"),
    ] {
        let said = format!("main's byod/{file}.ts {is}");
        assert!(found.iter().any(|one| one.contains(&said)), "{found:#?}");
    }
    let healed = project.byod(&["export", "--main", "--json"]).json();
    let written = healed["written"].to_string();
    for file in ["outbox", "mirror", "server", "routes"] {
        assert!(written.contains(file), "{written}");
    }
    project.export(&[]);
    assert_eq!(differences(&project), [""; 0]);
}

#[test]
fn its_readme_counts_right() {
    let project = Project::large();
    let expected: Value = serde_json::from_str(&project.read("expected.json")).unwrap();
    let of_users: Vec<&Value> = expected
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["side"] != "main")
        .collect();
    let count = |runs: &str, why: &str| {
        of_users
            .iter()
            .filter(|entry| entry["runs"] == runs)
            .filter(|entry| entry["why"].as_str().unwrap_or_default().contains(why))
            .count()
    };
    let said = format!(
        "Of {} functions that touch the users' tables (or may), {} belong on the user's deployment; \
         {} are actions that run on main and ask the user's deployment; {} show one what several users \
         have, run on main, and see no connected user's data; {} are refused.",
        of_users.len(),
        count("user", ""),
        count("main", "an action"),
        count("main", "sees no connected user's data"),
        count("refused", ""),
    );
    let readme = project.read("README.md").replace('\n', " ");
    assert!(readme.contains(&said), "{said}");
}

#[test]
fn it_typechecks_and_typescript_sees_what_is_expected() {
    let Some(said) = npm_run("touches") else {
        return;
    };
    assert_eq!(said.trim(), "397 functions, 0 differences");
}

#[test]
fn its_central_functions_run_on_main() {
    let Some(said) = npm_run("smoke") else { return };
    assert_eq!(said.matches("ok: ").count(), 15, "{said}");
}
