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

/// Nothing is installed for what can't become a snapshot: there is no package manager here.
#[test]
fn mistakes_of_byod_toml_are_told_before_packages_are_installed() {
    let (project, _) = case("workpool_pinned_older");
    let snapshot = |config: &str| {
        project.write("byod.toml", config);
        let output = Command::new(env!("CARGO_BIN_EXE_byod"))
            .arg("snapshot")
            .current_dir(&project.root)
            .env("PATH", "")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let main = "main.convex = \"convex\"\n";
    let named = format!("snapshot = \"byod-snapshot.json\"\n{main}");
    for (config, told) in [
        (main.to_owned(), "no snapshot is named"),
        (
            format!("{named}[user]\ntables = [\"jbos\"]\n"),
            "no table `jbos`",
        ),
        (
            format!("{named}[user]\ntables = []\nconvex = \"byod\"\n"),
            "byod: no such folder. Write it with `byod export`, or correct `convex` on line 5 of byod.toml",
        ),
        (format!("{named}[user]\ntabels = []\n"), "tabels"),
        // With all of it right, it is the packages' turn.
        (named.clone(), "npm"),
    ] {
        let error = snapshot(&config);
        assert!(error.contains(told), "{config}: {error}");
        assert_eq!(error.contains("npm"), told == "npm", "{config}: {error}");
    }
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

/// A project that imports a package of which another one has what counts.
fn of_types(folder: &str) -> Project {
    let project = Project::empty();
    project
        .write("byod.toml", "snapshot = \"byod-snapshot.json\"\nmain.convex = \"convex\"\n")
        .write(
            &format!("{folder}package.json"),
            "{ \"name\": \"@app/backend\", \"dependencies\": { \"mime-types\": \"^3.0.0\" } }",
        )
        .write(&format!("{folder}convex/schema.ts"), "import { defineSchema } from \"convex/server\";\nexport default defineSchema({});\n")
        .write(
            &format!("{folder}convex/types.ts"),
            "import { types } from \"mime-types\";\nimport { v } from \"convex/values\";\nimport { query } from \"./_generated/server\";\nexport const count = query({ args: { n: v.literal(Object.keys(types).length) }, handler: async () => null });\n",
        );
    project
}

/// How many types `mime-db` 1.53.0 has, which 1.54.0 has more of.
const TYPES: &str = "1208";

/// What a package needs in turn has the version of the lock file too, whoever wrote that.
#[test]
fn what_packages_need_has_the_locked_version() {
    if node().is_none() {
        return;
    }
    let types = "sha512-XqoSHeCGjVClAmoGFG3lVFqQFRIrTVw2OH3axRqAcfaw+gHWIfnASS92AV+Rl/mk0MupgZTRHQOjxY6YVnzK5w==";
    let db = "sha512-oHlN/w+3MQ3rba9rqFr6V/ypF10LSkdwUysQL7GkXoTgIWeV+tcXGA852TBxH+gsh8UWoyhR1hKcoMJTuWflpg==";
    let npm = |within: &str| {
        format!(
            r#""{within}node_modules/mime-types": {{ "version": "3.0.0", "integrity": "{types}", "dependencies": {{ "mime-db": "^1.53.0" }} }},
               "{within}node_modules/mime-db": {{ "version": "1.53.0", "integrity": "{db}" }}"#
        )
    };
    let package = r#"{ "name": "@app/backend", "dependencies": { "mime-types": "^3.0.0" } }"#;
    let one = npm("");
    let npm_lock = format!(r#"{{ "lockfileVersion": 3, "packages": {{ "": {package}, {one} }} }}"#);
    // What others of the same workspace have is not this one's.
    let within = npm("packages/backend/");
    let workspace = format!(
        r#"{{ "lockfileVersion": 3, "packages": {{
            "": {{ "workspaces": ["packages/*"], "dependencies": {{ "mime-db": "1.54.0" }} }},
            "node_modules/@app/backend": {{ "resolved": "packages/backend", "link": true }},
            "node_modules/@app/other": {{ "resolved": "packages/other", "link": true }},
            "packages/backend": {package}, "packages/other": {{ "name": "@app/other" }},
            "node_modules/mime-db": {{ "version": "1.54.0" }}, {within} }} }}"#
    );
    let pnpm = format!(
        "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\nimporters:\n\n  .:\n    dependencies:\n      mime-types:\n        specifier: ^3.0.0\n        version: 3.0.0\n\npackages:\n\n  mime-db@1.53.0:\n    resolution: {{integrity: {db}}}\n\n  mime-types@3.0.0:\n    resolution: {{integrity: {types}}}\n\nsnapshots:\n\n  mime-db@1.53.0: {{}}\n\n  mime-types@3.0.0:\n    dependencies:\n      mime-db: 1.53.0\n"
    );
    let yarn = format!(
        "# yarn lockfile v1\n\n\nmime-db@^1.53.0:\n  version \"1.53.0\"\n  integrity {db}\n\nmime-types@^3.0.0:\n  version \"3.0.0\"\n  integrity {types}\n  dependencies:\n    mime-db \"^1.53.0\"\n"
    );
    let bun = format!(
        "{{\n  \"lockfileVersion\": 1,\n  \"workspaces\": {{ \"\": {{ \"dependencies\": {{ \"mime-types\": \"^3.0.0\" }} }} }},\n  \"packages\": {{\n    \"mime-db\": [\"mime-db@1.53.0\", \"\", {{}}, \"{db}\"],\n    \"mime-types\": [\"mime-types@3.0.0\", \"\", {{ \"dependencies\": {{ \"mime-db\": \"^1.53.0\" }} }}, \"{types}\"],\n  }}\n}}\n"
    );
    for (folder, name, text) in [
        ("", "package-lock.json", npm_lock),
        ("packages/backend/", "package-lock.json", workspace),
        ("", "pnpm-lock.yaml", pnpm),
        ("", "yarn.lock", yarn),
        ("", "bun.lock", bun),
    ] {
        let project = of_types(folder);
        project.write(name, &text);
        let convex = format!("{folder}convex");
        let answer = project.byod(&["read", "--with-packages", &convex]).json();
        let args = answer["functions"]["types:count"]["args"].to_string();
        assert!(args.contains(TYPES), "{folder}{name}: {answer}");
        assert_eq!(answer["warnings"], serde_json::json!([]), "{folder}{name}");
    }
    // Without one it is the newest.
    let answer = of_types("")
        .byod(&["read", "--with-packages", "convex"])
        .json();
    let args = answer["functions"]["types:count"]["args"].to_string();
    assert!(!args.contains(TYPES), "{args}");
}

/// A lock file that no package manager can keep to: the versions that were read are named.
#[test]
fn other_versions_than_the_lock_files_are_named() {
    if node().is_none() {
        return;
    }
    let project = of_types("");
    project.write(
        "package-lock.json",
        r#"{ "lockfileVersion": 3, "packages": { "node_modules/mime-types": { "version": "3.0.0", "dependencies": { "mime-db": "^1.53.0" } }, "node_modules/mime-db": { "version": "1.0.0" } } }"#,
    );
    let answer = project.byod(&["read", "--with-packages", "convex"]).json();
    let warnings = answer["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{answer}");
    let said = warnings[0].as_str().unwrap();
    assert!(
        said.starts_with("read at other versions than package-lock.json has: `mime-db` 1.")
            && said.ends_with("which npm chose. Run `npm install` in the project, and try again"),
        "{said}"
    );
}
