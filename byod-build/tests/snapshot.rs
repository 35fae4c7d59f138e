//! The snapshot: the service builds where the Convex projects are not.

use std::fs;

use crate::common::Folder;
use crate::common::emit::emit;
use byod_build::Builder;
use byod_schema::Manifest;

const SCHEMA: &str =
    "export default defineSchema({ users: defineTable({}), messages: defineTable({}) });\n";
const LIST: &str = "export const list = query({ args: {}, handler: async () => [] });\n";

const CONFIG: &str = r#"snapshot = "byod-snapshot.json"

[main]
convex = "convex"

[user]
convex = "user/convex"
tables = ["messages"]
"#;

const RENEW: &str = "Run `byod snapshot` where the Convex projects are";

fn project(name: &str) -> Folder {
    Folder::new(name)
        .with_schema(SCHEMA)
        .with_module("messages.ts", LIST)
        .with(
            "user/convex/schema.ts",
            &format!("{}{SCHEMA}", crate::common::IMPORTS),
        )
        .with("byod.toml", CONFIG)
}

fn read(folder: &Folder) -> Result<Manifest, String> {
    let builder = Builder::new().config(folder.path("byod.toml"));
    builder
        .read()
        .map_err(|error| folder.relative(&error.to_string()))
}

/// The one warning of a build that succeeds.
fn warning(folder: &Folder) -> Option<String> {
    let (ok, stdout, stderr) = emit(folder, None);
    assert!(ok, "{stdout}{stderr}");
    let mut warnings = stdout
        .lines()
        .filter_map(|line| line.strip_prefix("cargo::warning="));
    let first = warnings.next().map(str::to_owned);
    assert_eq!(warnings.next(), None);
    first
}

/// What the programs of the compile tests are checked against, without reading it anew.
#[test]
fn the_snapshot_of_the_compile_tests_is_current() {
    let config =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/compile/byod.toml");
    let (_, difference) = Builder::new().config(config).read_with_snapshot().unwrap();
    assert!(difference.is_none(), "{}", difference.unwrap());
}

/// A project whose snapshot is written.
fn with_snapshot(name: &str) -> Folder {
    let folder = project(name);
    let (ok, stdout, stderr) = emit(&folder, Some("write"));
    assert!(ok, "{stdout}{stderr}");
    folder
}

#[test]
fn a_build_without_the_projects_is_the_same() {
    let folder = with_snapshot("s_same");
    assert_eq!(warning(&folder), None);
    let with = read(&folder).unwrap();

    fs::remove_dir_all(folder.path("convex")).unwrap();
    fs::remove_dir_all(folder.path("user")).unwrap();
    assert_eq!(read(&folder).unwrap(), with);
    assert_eq!(
        warning(&folder).unwrap(),
        "convex is not there: built from byod-snapshot.json"
    );
}

#[test]
fn an_empty_folder_is_no_project() {
    let folder = with_snapshot("s_empty");
    let with = read(&folder).unwrap();
    fs::remove_dir_all(folder.path("convex")).unwrap();
    fs::create_dir(folder.path("convex")).unwrap();
    assert_eq!(read(&folder).unwrap(), with);
    assert_eq!(
        warning(&folder).unwrap(),
        "convex is not there: built from byod-snapshot.json"
    );
}

#[test]
fn an_app_may_be_there_without_its_convex_folder() {
    let folder = project("s_app").with("byod.toml", &CONFIG.replace("\"convex\"", "\".\""));
    assert!(emit(&folder, Some("write")).0);
    let with = read(&folder).unwrap();
    fs::remove_dir_all(folder.path("convex")).unwrap();
    fs::remove_dir_all(folder.path("user")).unwrap();
    let folder = folder.with("src/main.rs", "fn main() {}\n");
    assert_eq!(read(&folder).unwrap(), with);
    let (_, stdout, _) = emit(&folder, None);
    let text = "cargo::warning=./convex is not there: built from byod-snapshot.json";
    assert!(stdout.contains(text), "{stdout}");
    // Only what would be read is watched, not all of the app.
    let everything = |line: &str| line == "cargo::rerun-if-changed=." || line.ends_with("/.");
    assert!(!stdout.lines().any(everything), "{stdout}");

    // A Convex folder without its schema declares none of the tables.
    let folder = folder.with("convex/messages.ts", LIST);
    let error = read(&folder).unwrap_err();
    assert!(error.contains("has no schema.ts"), "{error}");
}

#[test]
fn without_a_snapshot_in_byod_toml_nothing_is_written_or_checked() {
    let folder = project("s_unnamed");
    let config = CONFIG.lines().skip(1).collect::<Vec<_>>().join("\n");
    let folder = folder.with("byod.toml", &config);
    assert_eq!(warning(&folder), None);
    for mode in ["write", "check"] {
        let (ok, stdout, _) = emit(&folder, Some(mode));
        assert!(ok, "{stdout}");
        let text = "cargo::warning=BYOD_SNAPSHOT is set, but byod.toml names no snapshot. Add as its first line: snapshot = \"byod-snapshot.json\"";
        assert!(stdout.contains(text), "{stdout}");
    }
}

#[test]
fn ends_of_lines_are_no_difference() {
    let folder = with_snapshot("s_lines");
    let text = fs::read_to_string(folder.path("byod-snapshot.json")).unwrap();
    folder.write("byod-snapshot.json", &text.replace('\n', "\r\n"));
    let (ok, _, stderr) = emit(&folder, Some("check"));
    assert!(ok, "{stderr}");
}

#[test]
fn one_project_may_be_there_and_the_other_not() {
    let folder = with_snapshot("s_one");
    fs::remove_dir_all(folder.path("user")).unwrap();
    let more =
        format!("{LIST}export const last = query({{ args: {{}}, handler: async () => 1 }});\n");
    let folder = folder.with_module("messages.ts", &more);
    let manifest = read(&folder).unwrap();
    assert_eq!(manifest.main.functions.len(), 2);
    assert!(manifest.user.unwrap().schema.table("messages").is_some());
    assert_eq!(
        warning(&folder).unwrap(),
        "user/convex is not there: built from byod-snapshot.json"
    );
}

#[test]
fn what_differs_is_named() {
    let folder = with_snapshot("s_differs")
        .with_schema(
            "export default defineSchema({ users: defineTable({ name: v.string() }), messages: defineTable({}), notes: defineTable({}) });\n",
        )
        .with_module("messages.ts", "export const all = query({ args: {}, handler: async () => [] });\n");
    let expected = format!(
        "byod-snapshot.json: it is out of date: main table `notes` is new, main table `users` changed, \
         main function `messages:all` is new, main function `messages:list` is removed. {RENEW}"
    );
    assert_eq!(warning(&folder).unwrap(), expected);

    // In CI it is an error.
    let (ok, _, stderr) = emit(&folder, Some("check"));
    assert!(!ok);
    assert_eq!(stderr, format!("error: {expected}\n"));

    // Written again, it is as it should be.
    assert!(emit(&folder, Some("write")).0);
    assert_eq!(warning(&folder), None);
    assert!(emit(&folder, Some("check")).0);
}

#[test]
fn options_of_the_schema_are_named_too() {
    let unchecked = SCHEMA.replace("});\n", "}, { schemaValidation: false });\n");
    let folder = with_snapshot("s_options").with_schema(&unchecked);
    assert_eq!(
        warning(&folder).unwrap(),
        format!("byod-snapshot.json: it is out of date: main schemaValidation changed. {RENEW}")
    );
}

#[test]
fn a_change_in_byod_toml_is_one_of_the_snapshot() {
    let folder = with_snapshot("s_config");
    let config = CONFIG.replace(r#"["messages"]"#, r#"["messages", "users"]"#);
    let folder = folder.with("byod.toml", &config);
    assert_eq!(
        warning(&folder).unwrap(),
        format!("byod-snapshot.json: it is out of date: [user] in byod.toml changed. {RENEW}")
    );
}

#[test]
fn what_the_machine_lacks_is_not_in_the_snapshot() {
    let module = "import missing from \"missing\";\nexport const f = missing();\nexport const g = query({ args: { n: undefined as any }, handler: async () => 1 });\n";
    let folder = project("s_warnings").with_module("a.ts", module);
    assert!(emit(&folder, Some("write")).0);
    assert!(!read(&folder).unwrap().main.warnings.is_empty());
    let text = fs::read_to_string(folder.path("byod-snapshot.json")).unwrap();
    let snapshot: Manifest = serde_json::from_str(&text).unwrap();
    assert!(snapshot.main.warnings.is_empty());
    assert!(emit(&folder, Some("check")).0);
}

#[test]
fn no_snapshot_yet() {
    let folder = project("s_none");
    assert_eq!(
        warning(&folder).unwrap(),
        format!("byod-snapshot.json: there is no such snapshot yet. {RENEW}")
    );
    fs::remove_dir_all(folder.path("convex")).unwrap();
    assert_eq!(
        read(&folder).unwrap_err(),
        format!(
            "byod-snapshot.json: convex is not there, and there is no such snapshot either. {RENEW}"
        )
    );
}

#[test]
fn a_snapshot_from_before_the_user_project() {
    let folder = project("s_before").with(
        "byod.toml",
        "snapshot = \"byod-snapshot.json\"\n[main]\nconvex = \"convex\"\n",
    );
    assert!(emit(&folder, Some("write")).0);
    let folder = folder.with("byod.toml", CONFIG);
    fs::remove_dir_all(folder.path("user")).unwrap();
    assert_eq!(
        read(&folder).unwrap_err(),
        format!(
            "byod-snapshot.json: user/convex is not there, and this snapshot was written without it. {RENEW}"
        )
    );
}

#[test]
fn what_is_no_snapshot() {
    for (text, reason) in [
        (
            "{",
            "this is no snapshot: EOF while parsing an object at line 1 column 1",
        ),
        (
            "{\"format\": 1}",
            "this is no snapshot: missing field `main` at line 1 column 13",
        ),
        (
            "{\"format\": 0}",
            "this snapshot was written by another version of byod-build",
        ),
    ] {
        let folder = project("s_broken").with("byod-snapshot.json", text);
        // Where the projects are there, it is only to be written again,
        assert_eq!(
            warning(&folder).unwrap(),
            format!("byod-snapshot.json: {reason}. {RENEW}")
        );
        // where they are not, nothing can be built.
        fs::remove_dir_all(folder.path("convex")).unwrap();
        assert_eq!(
            read(&folder).unwrap_err(),
            format!("byod-snapshot.json: convex is not there, and {reason}. {RENEW}")
        );
    }
}

#[test]
fn a_snapshot_can_not_be_written_without_the_projects() {
    let folder = with_snapshot("s_absent");
    fs::remove_dir_all(folder.path("convex")).unwrap();
    let before = fs::read(folder.path("byod-snapshot.json")).unwrap();
    for mode in ["write", "check"] {
        let (ok, _, stderr) = emit(&folder, Some(mode));
        assert!(!ok);
        assert_eq!(
            stderr,
            "error: BYOD_SNAPSHOT: convex is not there, so byod-snapshot.json can't be compared or written. Unset BYOD_SNAPSHOT to build from it\n"
        );
    }
    assert_eq!(fs::read(folder.path("byod-snapshot.json")).unwrap(), before);
}

#[test]
fn an_unknown_mode() {
    let (ok, _, stderr) = emit(&project("s_mode"), Some("renew"));
    assert!(!ok);
    assert_eq!(
        stderr,
        "error: BYOD_SNAPSHOT is `renew`. Known are `write`, which writes the snapshot, and `check`, which fails where it is out of date\n"
    );
}

/// What `byod.toml` names may be any file, and a link lead to any.
#[test]
#[cfg(unix)]
fn nothing_but_a_snapshot_is_written_over_and_nothing_through_a_link() {
    let folder = project("snapshot_victims").with("victim.txt", "precious\n");
    let write = || {
        let builder = Builder::new().config(folder.path("app/byod.toml"));
        let written = builder.write_snapshot().map(drop);
        written.map_err(|error| folder.relative(&error.to_string()))
    };
    let named = |snapshot: &str| {
        let text = CONFIG.replace("byod-snapshot.json", snapshot);
        let text = text
            .replace("= \"convex", "= \"../convex")
            .replace("user/", "../user/");
        fs::create_dir_all(folder.path("app")).unwrap();
        fs::write(folder.path("app/byod.toml"), text).unwrap();
    };
    let precious = || fs::read_to_string(folder.path("victim.txt")).unwrap();

    named("../victim.txt");
    let error = write().unwrap_err();
    assert!(error.contains("this is no snapshot"), "{error}");
    assert_eq!(precious(), "precious\n");

    // Also where it leads to what could be one.
    fs::write(folder.path("victim.txt"), "{ \"format\": 1 }\n").unwrap();
    std::os::unix::fs::symlink("../victim.txt", folder.path("app/s.json")).unwrap();
    std::os::unix::fs::symlink("..", folder.path("app/out")).unwrap();
    for link in ["s.json", "out/victim.txt", "out/new.json"] {
        named(link);
        let error = write().unwrap_err();
        assert!(error.contains("through a link"), "{link}: {error}");
    }
    assert_eq!(precious(), "{ \"format\": 1 }\n");
    assert!(!folder.path("new.json").exists());

    // One beside the checkout, as of a workspace, may be written, and written anew.
    named("../victim.txt");
    write().unwrap();
    write().unwrap();
    assert!(precious().contains("messages"));
    let names = fs::read_dir(folder.path("")).unwrap();
    let mut names = names.map(|entry| entry.unwrap().file_name());
    assert!(!names.any(|name| name.to_string_lossy().starts_with(".byod-")));
}

#[test]
#[cfg(unix)]
fn a_build_writes_through_no_link() {
    let folder = project("snapshot_link").with("victim.txt", "precious\n");
    std::os::unix::fs::symlink("victim.txt", folder.path("byod-snapshot.json")).unwrap();
    let (ok, stdout, stderr) = emit(&folder, Some("write"));
    assert!(!ok, "{stdout}{stderr}");
    assert_eq!(
        fs::read_to_string(folder.path("victim.txt")).unwrap(),
        "precious\n"
    );
}
