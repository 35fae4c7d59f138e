//! `byod.toml` and the manifest that is made from it.

use std::fs;

use crate::common::Folder;
use crate::common::emit::emit;
use byod_build::Builder;
use byod_schema::{Deployments, Injection, Location, Manifest, Ownership};

const SCHEMA: &str =
    "export default defineSchema({ users: defineTable({}), messages: defineTable({}) });\n";

fn project(name: &str, config: &str) -> Folder {
    Folder::new(name)
        .with_schema(SCHEMA)
        .with_module(
            "messages.ts",
            "export const list = query({ args: {}, handler: async () => [] });\n",
        )
        .with("byod.toml", config)
}

fn read(folder: &Folder) -> Result<Manifest, String> {
    let builder = Builder::new().config(folder.path("byod.toml"));
    builder
        .read()
        .map_err(|error| folder.relative(&error.to_string()))
}

fn error(name: &str, config: &str) -> String {
    read(&project(name, config)).unwrap_err()
}

#[test]
fn a_whole_configuration() {
    let folder = project(
        "c_whole",
        "[main]\nconvex = \"convex\"\n\n[user]\nconvex = \"user/convex\"\ntables = [\"messages\"]\n\n[user.inject]\nuserId = \"subject\"\ncreatedAt = \"now\"\nonce = \"idempotency-key\"\n",
    )
    .with("user/convex/schema.ts", &format!("{}{SCHEMA}", crate::common::IMPORTS));
    let manifest = read(&folder).unwrap();
    assert_eq!(manifest.format, Manifest::FORMAT);
    assert_eq!(manifest.location("messages"), Some(Location::User));
    assert_eq!(manifest.location("users"), Some(Location::Main));
    assert_eq!(manifest.inject["userId"], Injection::Subject);
    assert_eq!(manifest.inject["createdAt"], Injection::Now);
    assert_eq!(manifest.inject["once"], Injection::IdempotencyKey);
    assert_eq!(manifest.main.convex, "convex");
    let paths: Vec<_> = manifest
        .main
        .functions
        .keys()
        .map(ToString::to_string)
        .collect();
    assert_eq!(paths, ["messages:list"]);
    assert!(manifest.user.unwrap().schema.table("messages").is_some());
}

#[test]
fn no_configuration() {
    let folder = Folder::new("c_none");
    assert_eq!(
        read(&folder).unwrap_err(),
        "byod.toml: no such file. Write it; the smallest one is the line `main.convex = \"path/to/convex\"`"
    );
}

#[test]
fn malformed_toml() {
    assert_eq!(
        error("c_malformed", "[main]\nconvex = \n"),
        "byod.toml:2: this is no TOML: string values must be quoted, expected literal string"
    );
}

#[test]
fn misspelt_keys() {
    assert_eq!(
        error("c_key", "[main]\nconvexx = \"convex\"\n"),
        "byod.toml:2: unknown key `main.convexx`. Did you mean `main.convex`?"
    );
    assert_eq!(
        error("c_section", "[main]\nconvex = \"convex\"\n[elsewhere]\n"),
        "byod.toml:3: unknown key `elsewhere`. Known here: main, user, snapshot"
    );
}

#[test]
fn missing_parts() {
    assert_eq!(
        error("c_no_main", "[user]\ntables = []\n"),
        "byod.toml: [main] is missing. Add `[main]` with `convex = \"path/to/convex\"`"
    );
    assert_eq!(
        error("c_no_convex", "[main]\n"),
        "byod.toml: `convex` is missing in [main]. Add `convex = \"path/to/convex\"`"
    );
}

#[test]
fn wrong_kinds() {
    assert_eq!(
        error("c_kind", "[main]\nconvex = 3\n"),
        "byod.toml:2: `main.convex` must be a text in quotes"
    );
    assert_eq!(
        error(
            "c_tables",
            "[main]\nconvex = \"convex\"\n[user]\ntables = \"messages\"\n"
        ),
        "byod.toml:4: `user.tables` must be a list of table names: `tables = [\"messages\"]`"
    );
    assert_eq!(
        error(
            "c_inject",
            "[main]\nconvex = \"convex\"\n[user.inject]\nuserId = \"me\"\n"
        ),
        "byod.toml:4: `userId` in [user.inject] must be \"subject\", \"now\" or \"idempotency-key\""
    );
    assert_eq!(
        error(
            "c_keys",
            "[main]\nconvex = \"convex\"\n[user.inject]\na = \"idempotency-key\"\nb = \"idempotency-key\"\n"
        ),
        "byod.toml:5: a mutation has one idempotency key, but [user.inject] has `a` and `b`. Remove one"
    );
}

#[test]
fn whose_documents_are() {
    let user = |rest: &str| {
        format!("[main]\nconvex = \"convex\"\n[user]\ntables = [\"messages\"]\n{rest}")
    };
    let said = |name: &str, rest: &str| read(&project(name, &user(rest))).unwrap().ownership;
    assert_eq!(said("c_own", ""), Ownership::default());
    assert_eq!(
        said("c_own_said", "deployments = \"own\"\n"),
        Ownership::default()
    );
    let shared = said(
        "c_shared",
        "deployments = \"shared\"\ncommon = [\"messages\"]\n",
    );
    assert_eq!(shared.deployments, Deployments::Shared);
    assert!(shared.common.contains("messages"));
    let owned = said("c_owner", "[user.owner]\nmessages = \"authorId\"\n");
    assert_eq!(owned.owner["messages"], "authorId");

    for (name, rest, expected) in [
        (
            "c_many",
            "deployments = \"many\"\n",
            "byod.toml:5: `user.deployments` must be \"own\", where each user has a deployment of their own, or \"shared\", where several have one",
        ),
        (
            "c_owner_kind",
            "[user.owner]\nmessages = [\"a\"]\n",
            "byod.toml:6: `messages` in [user.owner] must be the name of a field in quotes: of the one that holds the owner, or a parent's id",
        ),
        (
            "c_owner_table",
            "[user.owner]\nmesages = \"a\"\n",
            "byod.toml:6: [user.owner] names `mesages`, which is not in `user.tables`. Did you mean `messages`?",
        ),
        (
            "c_common_table",
            "common = [\"templates\"]\n",
            "byod.toml:5: `user.common` names `templates`, which is not in `user.tables`. Add it to `user.tables`, or remove it here",
        ),
        (
            "c_common_kind",
            "common = \"messages\"\n",
            "byod.toml:5: `user.common` must be a list of table names: `common = [\"templates\"]`",
        ),
        (
            "c_both",
            "common = [\"messages\"]\n[user.owner]\nmessages = \"a\"\n",
            "byod.toml:5: `messages` is everybody's in `user.common`, but has an owner in [user.owner], on line 7. Remove one",
        ),
        (
            "c_misspelt",
            "deployment = \"shared\"\n",
            "byod.toml:5: unknown key `user.deployment`. Did you mean `user.deployments`?",
        ),
    ] {
        assert_eq!(error(name, &user(rest)), expected);
    }
}

#[test]
fn a_table_that_the_schema_lacks() {
    assert_eq!(
        error(
            "c_table",
            "[main]\nconvex = \"convex\"\n[user]\ntables = [\n  \"users\",\n  \"mesages\",\n]\n"
        ),
        "byod.toml:6: the schema of convex has no table `mesages`. Did you mean `messages`?"
    );
    assert_eq!(
        error(
            "c_table_far",
            "[main]\nconvex = \"convex\"\n[user]\ntables = [\"zebras\"]\n"
        ),
        "byod.toml:4: the schema of convex has no table `zebras`. Add it there, or remove it from `user.tables`"
    );
}

#[test]
fn a_table_that_the_users_schema_lacks() {
    let folder = project(
        "c_user_table",
        "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user\"\ntables = [\"messages\"]\n",
    )
    .with(
        "user/schema.ts",
        &format!(
            "{}export default defineSchema({{}});\n",
            crate::common::IMPORTS
        ),
    );
    assert_eq!(
        read(&folder).unwrap_err(),
        "byod.toml:5: the schema of user has no table `messages`. Run `byod export`, which writes it there, or remove it from `user.tables`"
    );
}

/// All mistakes at once: of the file itself, and those that show in the schemas.
#[test]
fn several_mistakes_are_as_many_lines() {
    let told = error(
        "c_several",
        "maim = 1\n[main]\nconvex = \"convex\"\n[user]\nconvex = \"user\"\ntables = [\"mesages\", \"zebras\", \"messages\"]\nownr = []\ncommon = [\"mesage\"]\n[user.inject]\nuserId = \"sub\"\nat = 3\n",
    );
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "byod.toml:1: unknown key `maim`. Did you mean `main`?",
            "byod.toml:6: the schema of convex has no table `mesages`. Did you mean `messages`?",
            "byod.toml:6: the schema of convex has no table `zebras`. Add it there, or remove it from `user.tables`",
            "byod.toml:7: unknown key `user.ownr`. Did you mean `user.owner`?",
            "byod.toml:8: `user.common` names `mesage`, which is not in `user.tables`. Did you mean `mesages`?",
            "byod.toml:10: `userId` in [user.inject] must be \"subject\", \"now\" or \"idempotency-key\"",
            "byod.toml:11: `at` in [user.inject] must be \"subject\", \"now\" or \"idempotency-key\"",
            "user: no such folder. Write it with `byod export`, or correct `convex` on line 5 of byod.toml, or name a `snapshot` there to build without the folder",
        ]
    );
}

#[test]
fn a_table_listed_twice() {
    assert_eq!(
        error(
            "c_twice",
            "[main]\nconvex = \"convex\"\n[user]\ntables = [\n  \"users\",\n  \"users\",\n]\n"
        ),
        "byod.toml:6: the table `users` is listed twice, first on line 5. Remove one"
    );
}

#[test]
fn a_folder_that_is_not_there() {
    assert_eq!(
        error("c_folder", "[main]\nconvex = \"../elsewhere/convex\"\n"),
        "../elsewhere/convex: no such folder. Correct `convex` on line 2 of byod.toml, or name a `snapshot` there to build without the folder"
    );
}

#[test]
fn emit_writes_the_manifest_and_tells_cargo() {
    let folder = project("c_emit", "[main]\nconvex = \"convex\"\n")
        .with("shared/limits.ts", "export const LIMIT = 1;\n")
        .with_module("a.ts", "import { LIMIT } from \"../shared/limits\";\nexport const f = query({ args: { n: v.literal(LIMIT) }, handler: async () => 1 });\nexport const g = query({ args: { n: undefined as any }, handler: async () => 1 });\n");
    let (ok, stdout, stderr) = emit(&folder, None);
    assert!(ok, "{stdout}{stderr}");
    for line in [
        "cargo::rerun-if-changed=byod.toml",
        "cargo::rerun-if-changed=convex",
        "cargo::rerun-if-changed=shared/limits.ts",
        "cargo::rustc-env=BYOD_MANIFEST=byod-manifest.json",
    ] {
        assert!(
            stdout.lines().any(|printed| printed == line),
            "{line} in\n{stdout}"
        );
    }
    assert!(
        stdout.contains("cargo::warning=convex/a.ts: `g` is left out"),
        "{stdout}"
    );
    let path = folder.path("byod-manifest.json");
    let manifest: Manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(manifest, read(&folder).unwrap());

    // Nothing changed: the file stays as it is.
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    assert!(emit(&folder, None).0);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
}

#[test]
fn emit_fails_in_plain_words() {
    let folder = project("c_fails", "[main]\nconvex = \"convex\"\n")
        .with_schema("throw new Error(\"no\");\n");
    let (ok, stdout, stderr) = emit(&folder, None);
    assert!(!ok);
    assert!(
        stdout.contains(
            "cargo::error=convex/schema.ts:3:11: the schema can't be loaded: Error: no\n"
        ),
        "{stdout}"
    );
    assert_eq!(
        stderr,
        "error: convex/schema.ts:3:11: the schema can't be loaded: Error: no\n"
    );
}

#[test]
fn the_apps_folder_stands_for_its_convex_folder() {
    let folder = project("c_app", "[main]\nconvex = \"app\"\n")
        .with("app/convex.json", "{\"functions\": \"src/convex/\"}")
        .with(
            "app/src/convex/schema.ts",
            &format!("{}{SCHEMA}", crate::common::IMPORTS),
        );
    let (ok, stdout, stderr) = emit(&folder, None);
    assert!(ok, "{stdout}{stderr}");
    // The rest of the app is not watched.
    for watched in ["app/convex.json", "app/src/convex"] {
        let line = format!("cargo::rerun-if-changed={watched}\n");
        assert!(stdout.contains(&line), "{stdout}");
    }
    assert!(!stdout.contains("=app\n"), "{stdout}");
    assert_eq!(read(&folder).unwrap().main.schema.tables.len(), 2);
}
