//! What is written and removed stays in its folder, whatever stands in a checkout.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::Project;
use sha2::{Digest, Sha256};

/// A folder that no export may touch, with a file in it.
fn outside(project: &Project) -> PathBuf {
    let folder = project.root.join("outside");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("precious.ts"), "export {};\n").unwrap();
    folder
}

/// Every file below a folder, by its text; links are not followed.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                todo.push(entry.path());
            } else if kind.is_file() {
                found.push((entry.path(), fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The export says so in one line and has touched nothing.
fn refused(project: &Project, args: &[&str], reason: &str) {
    let before = files(&project.root);
    for force in [&[][..], &["--force"]] {
        let all: Vec<&str> = ["export"]
            .iter()
            .chain(args)
            .chain(force)
            .copied()
            .collect();
        let answer = project.byod(&all);
        assert_eq!(answer.status, 2, "{}{}", answer.stdout, answer.stderr);
        assert!(answer.stderr.contains(reason), "{}", answer.stderr);
        assert_eq!(answer.stderr.trim().lines().count(), 1, "{}", answer.stderr);
        assert_eq!(files(&project.root), before, "{}", answer.stderr);
    }
}

/// Where functions run is written beside `byod.toml`, and nowhere else.
#[test]
fn the_file_of_the_functions_is_written_through_no_link() {
    let project = Project::of("notes");
    project.export(&[]);
    let known = project.read("byod.functions.json");
    project
        .write("victim.txt", &known)
        .remove("byod.functions.json")
        .write("convex/more.ts", "import { query } from \"./_generated/server\";\nexport const one = query({ args: {}, handler: async () => 1 });\n");
    symlink("victim.txt", project.root.join("byod.functions.json")).unwrap();
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2, "{}{}", answer.stdout, answer.stderr);
    assert!(
        answer.stderr.contains("through a link"),
        "{}",
        answer.stderr
    );
    assert_eq!(project.read("victim.txt"), known);
}

#[test]
fn no_name_of_mains_folder_is_taken_for_another() {
    for name in [
        "convex",
        "missing/../convex",
        "missing/deeper/../../convex",
        "./convex/.",
        "convex/byod",
    ] {
        let project = Project::example();
        let line = format!("convex = \"{name}\"");
        project.replace("byod.toml", "convex = \"byod/convex\"", &line);
        refused(&project, &[], "are one, or one is in the other");
    }
}

#[test]
fn the_lock_file_names_only_what_is_below_its_folder() {
    let project = Project::example();
    let outside = outside(&project);
    project.byod(&["export", "--force"]);
    let lock = project.read("byod/convex/byod.lock.json");
    let precious = outside.join("precious.ts");
    let hash = hex::encode(Sha256::digest("export {};\n"));
    let mut names = vec![
        precious.to_str().unwrap().to_owned(),
        "../../outside/precious.ts".to_owned(),
        "custom/../../../outside/precious.ts".to_owned(),
        "./x.ts".to_owned(),
        String::new(),
    ];
    for windows in [
        "..\\\\..\\\\x",
        "C:\\\\x",
        "C:x",
        "\\\\\\\\host\\\\share",
        "nul",
        "x.ts:y",
        "a\\nb",
        "x. ",
    ] {
        names.push(windows.to_owned());
    }
    for name in names {
        let with = lock.replacen(
            "\"files\": {",
            &format!("\"files\": {{\n    \"{name}\": \"{hash}\","),
            1,
        );
        assert_ne!(with, lock);
        project.write("byod/convex/byod.lock.json", &with);
        refused(&project, &[], "can't be taken");
    }
    project.write("byod/convex/byod.lock.json", &lock);
    assert_eq!(project.byod(&["export", "--force"]).status, 0);
}

/// By their right hashes files could be had removed that no export has written.
#[test]
fn the_lock_file_names_only_what_an_export_has_written() {
    let project = Project::of("notes");
    project.export(&[]);
    let lock = project.read("user/convex/byod.lock.json");
    let text = "export const mine = 1;\n";
    let head = "// Written by `byod export`.\n\n";
    for (name, text) in [
        ("mine.ts", text.to_owned()),
        ("lib/mine.ts", text.to_owned()),
        ("custom/mine.ts", text.to_owned()),
        // Whatever a copy of it says.
        ("custom/mine.ts", format!("{head}{text}")),
        ("Custom/mine.ts", format!("{head}{text}")),
        ("_generated/api.d.ts", format!("{head}{text}")),
        ("mine.d.ts", format!("{head}{text}")),
        ("tsconfig.json", "{}\n".to_owned()),
        ("package.json", "{}\n".to_owned()),
        ("mine.js", format!("{head}{text}")),
        (".env", "KEY=1\n".to_owned()),
        (".secrets/mine.ts", format!("{head}{text}")),
    ] {
        let hash = hex::encode(Sha256::digest(&text));
        let with = format!("\"files\": {{\n    \"{name}\": \"{hash}\",");
        project.write(&format!("user/convex/{name}"), &text).write(
            "user/convex/byod.lock.json",
            &lock.replacen("\"files\": {", &with, 1),
        );
        refused(&project, &[], "no export has written such a file");
        project.remove(&format!("user/convex/{name}"));
    }
    // With any other hash it was edited, which `--force` overwrites but doesn't remove.
    let with = "\"files\": {\n    \"mine.ts\": \"0\",";
    project.write("user/convex/mine.ts", text).write(
        "user/convex/byod.lock.json",
        &lock.replacen("\"files\": {", with, 1),
    );
    for args in [&["export"][..], &["export", "--force"]] {
        let answer = project.byod(args);
        assert_eq!(answer.status, 1, "{}{}", answer.stdout, answer.stderr);
        assert_eq!(project.read("user/convex/mine.ts"), text);
    }
    // What was written, and is no longer needed, goes.
    let old = format!("{head}export const old = 1;\n");
    let hash = hex::encode(Sha256::digest(&old));
    let with = format!("\"files\": {{\n    \"old.ts\": \"{hash}\",");
    project.write("user/convex/old.ts", &old).write(
        "user/convex/byod.lock.json",
        &lock.replacen("\"files\": {", &with, 1),
    );
    assert_eq!(
        project.export(&[])["removed"],
        serde_json::json!(["old.ts"])
    );
    assert!(!project.has("user/convex/old.ts"));
}

/// The number goes up by one, as far as numbers go.
#[test]
fn the_lock_file_has_a_number_that_another_follows() {
    let project = Project::of("notes");
    project.export(&[]);
    for number in [u64::MAX, 1 << 53] {
        let lock = project.read("user/convex/byod.lock.json");
        let at = lock.find("\"schemaVersion\": ").unwrap() + 17;
        let end = at + lock[at..].find(',').unwrap();
        let with = format!("{}{number}{}", &lock[..at], &lock[end..]);
        project.write("user/convex/byod.lock.json", &with);
        refused(&project, &[], "`schemaVersion` is too large");
        project.write("user/convex/byod.lock.json", &lock);
    }
}

#[test]
fn nothing_is_written_or_removed_through_a_link() {
    for link in [
        "byod",
        "byod/convex",
        "byod/convex/byod",
        "byod/convex/_generated",
        "byod/convex/schema.ts",
        "byod/convex/byod.lock.json",
        "byod/convex/byod/version.ts",
        "byod/convex/tsconfig.json",
        "byod/package.json",
        "byod/convex/old",
    ] {
        let project = Project::example();
        let outside = outside(&project);
        project.byod(&["export", "--force"]);
        if link.ends_with("old") {
            // One that is to be removed.
            let lock = project.read("byod/convex/byod.lock.json");
            let hash = hex::encode(Sha256::digest("export {};\n"));
            let old = format!("\"files\": {{\n    \"old/precious.ts\": \"{hash}\",");
            project.write(
                "byod/convex/byod.lock.json",
                &lock.replacen("\"files\": {", &old, 1),
            );
        }
        let path = project.root.join(link);
        if path.is_dir() {
            fs::rename(&path, outside.join("moved")).unwrap();
            symlink(outside.join("moved"), &path).unwrap();
        } else if link.ends_with("old") {
            symlink(&outside, &path).unwrap();
        } else {
            fs::rename(&path, outside.join("moved")).unwrap();
            symlink(outside.join("moved"), &path).unwrap();
        }
        refused(&project, &[], "this is a link");
    }
    // To nothing: it would make a file where the link leads.
    let project = Project::example();
    let outside = outside(&project);
    project.remove("byod/convex/schema.ts");
    symlink(
        outside.join("new.ts"),
        project.root.join("byod/convex/schema.ts"),
    )
    .unwrap();
    refused(&project, &[], "this is a link");
}

#[test]
fn main_is_not_written_through_a_link_either() {
    let project = Project::example();
    let outside = outside(&project);
    fs::rename(project.root.join("convex/byod"), outside.join("moved")).unwrap();
    symlink(outside.join("moved"), project.root.join("convex/byod")).unwrap();
    refused(&project, &["--main"], "this is a link");
}

/// What a link among main's modules leads to is not the project's to give away.
#[test]
fn what_a_link_leads_to_is_not_carried_over() {
    let project = Project::example();
    let text = "export const geheim4711 = \"geheim4711\";\n";
    project.write("convex/secret.ts", text);
    project.write(
        "convex/extra/conversations.ts",
        "import { query } from \"../_generated/server\";\nimport { geheim4711 } from \"../secret\";\nexport const told = query({ args: {}, handler: async () => geheim4711 });\n",
    );
    let is_told = || {
        project.byod(&["export", "--force"]);
        let found = files(&project.root.join("byod"));
        found
            .iter()
            .any(|(_, text)| text.contains("\"geheim4711\""))
    };
    assert!(is_told(), "as a file of its own it is carried over");
    let outside = std::env::temp_dir().join(format!("byod-carried-{}", std::process::id()));
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("secret.ts"), text).unwrap();
    project.remove("convex/secret.ts");
    symlink(
        outside.join("secret.ts"),
        project.root.join("convex/secret.ts"),
    )
    .unwrap();
    assert!(!is_told());
    fs::remove_dir_all(outside).unwrap();
}

/// Tests are no modules of Convex's, but the export reads them.
#[test]
fn deep_nesting_anywhere_is_an_error_in_a_line() {
    for (name, text) in [
        ("deep.test.ts", "(".repeat(2_000_000)),
        (
            "lib/deep.ts",
            format!("export const x = {}1;", "!".repeat(2_000_000)),
        ),
        (
            "deep.tsx",
            format!("export const x = /[`/]/ && {}1;", "- ".repeat(2_000_000)),
        ),
        (
            "deep.js",
            format!("export const x = {}1;", "`${".repeat(2_000_000)),
        ),
    ] {
        let project = Project::example();
        project.write(&format!("convex/{name}"), &text);
        refused(&project, &[], "nested more than 10000 deep");
    }
    // What is let pass is taken.
    let project = Project::example();
    let deep = format!(
        "export const x = {}1{};\n",
        "(".repeat(9_900),
        ")".repeat(9_900)
    );
    project.write("convex/deep.test.ts", &deep);
    let answer = project.byod(&["export", "--force"]);
    assert_eq!(answer.status, 0, "{}", answer.stderr);
}

/// Nor does `convex.json` say where else to write.
#[test]
fn the_folder_of_the_users_project_is_in_its_repository() {
    let project = Project::of("notes");
    let elsewhere = std::env::temp_dir().join(format!("byod-elsewhere-{}", std::process::id()));
    fs::create_dir_all(&elsewhere).unwrap();
    let said = format!("{{ \"functions\": {:?} }}", elsewhere.to_str().unwrap());
    project
        .replace("byod.toml", "user/convex", "user")
        .remove("user/convex")
        .write("user/convex.json", &said);
    refused(&project, &[], "which is outside of ");
    assert!(files(&elsewhere).is_empty());
    fs::remove_dir_all(elsewhere).unwrap();
}
