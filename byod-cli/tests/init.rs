//! `byod init`: from `cargo init` and a Convex project to what can be built.

use std::process::Command;

use crate::support::Project;

const PACKAGE: &str = "[package]\nname = \"service\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// Of an app whose users are Clerk's: what they write is theirs, what is about them is not.
const SCHEMA: &str = r#"
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({ clerkId: v.string(), name: v.string() }).index("by_clerk_id", ["clerkId"]),
  boards: defineTable({ userId: v.id("users"), title: v.string() }),
  columns: defineTable({ boardId: v.id("boards"), title: v.string() }),
  cards: defineTable({ columnId: v.id("columns"), text: v.string() }),
  comments: defineTable({ authorId: v.id("users"), cardId: v.id("cards"), text: v.string() }),
  labels: defineTable({ userId: v.string(), name: v.string() }),
  boardMembers: defineTable({ boardId: v.id("boards"), userId: v.id("users") }),
  subscriptions: defineTable({ userId: v.id("users"), plan: v.string() }),
  apiKeys: defineTable({ userId: v.id("users"), hash: v.string() }),
  follows: defineTable({ userId: v.id("users"), followedId: v.id("users") }),
  teams: defineTable({ name: v.string() }),
  teamNotes: defineTable({ teamId: v.id("teams"), userId: v.id("users"), text: v.string() }),
  drafts: defineTable({ userId: v.optional(v.id("users")), text: v.string() }),
  templates: defineTable({ text: v.string() }),
});
"#;

fn app() -> Project {
    let project = Project::empty();
    project
        .write("app/package.json", "{}")
        .write("app/convex/schema.ts", SCHEMA)
        .write("service/Cargo.toml", PACKAGE)
        .write("service/src/main.rs", "fn main() {}\n");
    // As a repository of its own, so that nothing above it is looked at.
    project.write(".git/HEAD", "");
    project
}

#[test]
fn a_service_is_begun() {
    let project = app();
    // The test itself is in a workspace.
    let package = format!("{PACKAGE}\n[workspace]\n");
    project.write("service/Cargo.toml", &package);
    let answer = project.byod(&["init", "service"]);
    assert_eq!(answer.status, 0, "{}{}", answer.stdout, answer.stderr);
    assert!(
        answer.stdout.contains("byod export --main"),
        "{}",
        answer.stdout
    );
    assert_eq!(
        project.read("service/byod.toml"),
        r#"# Where every table lives. `byod init` has guessed by the fields that hold an owner: look through it.

[main]
convex = "../app/convex"  # your Convex project

[user]
convex = "../app/byod/convex"  # what each user's own deployment runs: `byod export` writes it
# What is your users' own. Every other table is on main.
tables = [
    "boards",  # by `userId`
    "cards",  # by `columnId`
    "columns",  # by `boardId`
    "comments",  # by `authorId`
    "labels",  # by `userId`
]
# Left on main, though each names a user or hangs from what does:
#   `apiKeys` is about the service's dealings with them, by its name
#   `boardMembers` is about the service's dealings with them, by its name
#   `drafts` may be nobody's: `userId` is optional
#   `follows` names others beside `userId`: `followedId`
#   `subscriptions` is about the service's dealings with them, by its name
#   `teamNotes` hangs from `teams` by `teamId`, which is on main

[user.inject]  # arguments that only users' deployments take; the runtime gives them
userId = "subject"  # whose call it is, as your auth provider names them

[user.owner]  # whose a document is, where no field of that name says it
cards = "columnId"
columns = "boardId"
comments = "authorId"
"#
    );
    assert_eq!(
        project.read("service/build.rs"),
        "fn main() {\n    byod_build::emit();\n}\n"
    );
    let cargo = project.read("service/Cargo.toml");
    assert!(cargo.starts_with(&package), "{cargo}");
    for line in ["byod-runtime = { path = \"", "tokio = { version = \"1\""] {
        assert!(cargo.contains(line), "{cargo}");
    }
    // Cargo knows all of it.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1"])
        .current_dir(project.root.join("service"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = |kind: &str| {
        let all = metadata["packages"][0]["dependencies"].as_array().unwrap();
        let of_kind = all
            .iter()
            .filter(|d| d["kind"].as_str().unwrap_or("normal") == kind);
        of_kind
            .map(|d| d["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("normal"), ["byod-runtime", "tokio"]);
    assert_eq!(names("build"), ["byod-build"]);
    assert_eq!(names("dev"), ["byod-local", "serde_json"]);

    // What it has guessed is what the next command takes.
    let answer = project.byod(&["export", "--config", "service/byod.toml"]);
    assert_eq!(answer.status, 0, "{}{}", answer.stdout, answer.stderr);
    let schema = project.read("app/byod/convex/schema.ts");
    assert!(schema.contains("cards: defineTable"), "{schema}");
}

#[test]
fn what_is_there_is_left_as_it_is() {
    let project = app();
    assert_eq!(project.byod(&["init", "service"]).status, 0);
    let files = [
        "service/byod.toml",
        "service/build.rs",
        "service/Cargo.toml",
    ];
    project.write(
        "service/byod.toml",
        "# mine\n[main]\nconvex = \"../app/convex\"\n",
    );
    let before = files.map(|file| project.read(file));
    let report = project.byod(&["init", "service", "--json"]).json();
    assert_eq!(report["written"], serde_json::json!([]));
    assert_eq!(
        report["there"],
        serde_json::json!(["byod.toml", "build.rs", "Cargo.toml"])
    );
    assert_eq!(files.map(|file| project.read(file)), before);
}

/// A manifest keeps its comments, order and ends of lines, and a build script its code.
#[test]
fn what_people_wrote_stays() {
    let project = app();
    let cargo = format!(
        "# ours\n{PACKAGE}\n[dependencies] # sorted\nbyod-runtime = \"0.0.1\"\nserde_json = \"1\"\naxum = \"0.8\"\n"
    );
    project.write("service/Cargo.toml", &cargo.replace('\n', "\r\n"));
    project.write("service/build.rs", "fn main() { protos(); }\n");
    let answer = project.byod(&["init", "service"]);
    assert_eq!(answer.status, 1, "{}{}", answer.stdout, answer.stderr);
    assert!(
        answer.stdout.contains("to do in build.rs"),
        "{}",
        answer.stdout
    );
    assert_eq!(
        project.read("service/build.rs"),
        "fn main() { protos(); }\n"
    );
    let written = project.read("service/Cargo.toml");
    assert_eq!(
        written.matches('\n').count(),
        written.matches("\r\n").count()
    );
    let written = written.replace("\r\n", "\n");
    assert!(written.starts_with(&cargo), "{written}");
    assert!(!written.contains("serde_json = \"1\"\n\n[dev"), "{written}");
}

/// Profiles are the app's: the reader is quick enough without one, and optimized it would cost the
/// first build more than it ever gives back.
#[test]
fn profiles_stay_as_they_are() {
    let project = app();
    let workspace = "[workspace]\nmembers = [\"service\"]\n";
    project.write("Cargo.toml", workspace);
    let answer = project.byod(&["init", "service", "--byod", "https://example.org/byod.git"]);
    assert_eq!(answer.status, 0, "{}{}", answer.stdout, answer.stderr);
    assert_eq!(project.read("Cargo.toml"), workspace);
    let cargo = project.read("service/Cargo.toml");
    assert!(!cargo.contains("[profile"), "{cargo}");
    assert!(
        cargo.contains("byod-runtime = { git = \"https://example.org/byod.git\" }"),
        "{cargo}"
    );
}

#[test]
fn what_cannot_be_begun_is_told() {
    for (change, args, words) in [
        ("service/Cargo.toml", &["init", "nowhere"][..], "nowhere"),
        (
            "service/Cargo.toml",
            &["init", "app"][..],
            "there is no such file. Begin a service with `cargo init`",
        ),
        (
            "app/convex/schema.ts",
            &["init", "service"][..],
            "no Convex project is there, above or beside it",
        ),
        (
            "",
            &["init", "service", "--byod", "app"][..],
            "this is no checkout of byod",
        ),
        (
            "",
            &["init", "service", "--convex", "nowhere"][..],
            "nowhere: no such folder",
        ),
    ] {
        let project = app();
        if change.ends_with(".ts") {
            project.remove("app");
        }
        let answer = project.byod(args);
        assert_eq!(answer.status, 2, "{}{}", answer.stdout, answer.stderr);
        assert!(answer.stderr.contains(words), "{words}: {}", answer.stderr);
        assert!(!project.has("service/byod.toml") && !project.has("service/build.rs"));
    }
    let project = app();
    project
        .write("other/package.json", "{}")
        .write("other/convex/schema.ts", SCHEMA);
    let answer = project.byod(&["init", "service"]);
    assert!(
        answer.stderr.contains("several Convex projects"),
        "{}",
        answer.stderr
    );
    assert!(answer.stderr.contains("--convex"), "{}", answer.stderr);
    let answer = project.byod(&["init", "service", "--convex", "other"]);
    assert_eq!(answer.status, 0, "{}{}", answer.stdout, answer.stderr);
    assert!(
        project
            .read("service/byod.toml")
            .contains("\"../other/convex\"")
    );
}

/// The closures are Rust as it is formatted, and say what each function takes and gives.
#[test]
fn closures_for_tests_are_begun() {
    let project = Project::of("notes");
    let answer = project.byod(&["local", "--init"]);
    assert_eq!(answer.status, 0, "{}{}", answer.stdout, answer.stderr);
    let text = project.read("tests/local/mod.rs");
    assert!(text.contains(".function(\"chat:"), "{text}");
    // What is done without.
    assert!(!text.contains("notes:list\""), "{text}");
    let output = Command::new("rustfmt")
        .args(["--edition=2024", "tests/local/mod.rs"])
        .current_dir(&project.root)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    project.write("tests/local/mod.rs", "// mine\n");
    let report = project.byod(&["local", "--init", "--json"]).json();
    assert_eq!(report["written"], false);
    assert_eq!(project.read("tests/local/mod.rs"), "// mine\n");
}
