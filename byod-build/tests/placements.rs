//! The file of the functions, beside `byod.toml`: where each of main's functions runs.

use std::collections::BTreeSet;
use std::fs;

use crate::common::Folder;
use crate::common::emit::emit;
use byod_build::Builder;
use byod_schema::{
    FunctionPath, Location, Manifest, Placement, Placements, Refusal, Runs, Side, Stated,
};

const SCHEMA: &str =
    "export default defineSchema({ users: defineTable({}), messages: defineTable({}) });\n";
const LIST: &str = "export const list = query({ args: {}, handler: async () => [] });\n";
const CONFIG: &str = "[main]\nconvex = \"convex\"\n\n[user]\ntables = [\"messages\"]\n";

fn project(name: &str) -> Folder {
    Folder::new(name)
        .with_schema(SCHEMA)
        .with_module("messages.ts", LIST)
        .with_module("chat.ts", LIST)
        .with("byod.toml", CONFIG)
}

fn builder(folder: &Folder) -> Builder {
    Builder::new().config(folder.path("byod.toml"))
}

fn read(folder: &Folder) -> Result<Manifest, String> {
    let read = builder(folder).read();
    read.map_err(|error| folder.relative(&error.to_string()))
}

fn path(path: &str) -> FunctionPath {
    path.parse().unwrap()
}

fn placement(runs: Runs, side: Side) -> Placement {
    Placement {
        runs,
        side,
        reads: BTreeSet::from(["messages".to_owned()]),
        writes: BTreeSet::new(),
        sees_no_connected: false,
        mirror: BTreeSet::new(),
        outbox: false,
    }
}

/// `chat:list` judged, as main is now.
fn judged(folder: &Folder) -> Placements {
    let refused = Runs::Refused {
        refusal: Refusal::ReadsMain,
        reason: "reads `users` beside `messages`".to_owned(),
    };
    Placements {
        digest: builder(folder).read_with_digest().unwrap().1.unwrap(),
        functions: [
            (path("chat:list"), placement(Runs::User, Side::User)),
            (path("chat:send"), placement(refused, Side::Mixed)),
        ]
        .into(),
    }
}

fn warnings(folder: &Folder) -> Vec<String> {
    let (ok, stdout, stderr) = emit(folder, None);
    assert!(ok, "{stdout}{stderr}");
    let lines = stdout.lines();
    let warnings = lines.filter_map(|line| line.strip_prefix("cargo::warning="));
    warnings.map(str::to_owned).collect()
}

#[test]
fn the_file_has_a_line_for_each_function_and_is_read_as_it_was_written() {
    let folder = project("p_lines");
    let judged = judged(&folder);
    let (file, is_new) = builder(&folder).write_placements(&judged).unwrap();
    assert!(is_new);
    assert_eq!(file, folder.path("byod.functions.json"));
    let text = fs::read_to_string(&file).unwrap();
    let expected = format!(
        r#"{{
  "format": 1,
  "digest": "{}",
  "functions": {{
    "chat:list": {{"runs":"user","side":"user","reads":["messages"],"writes":[]}},
    "chat:send": {{"runs":"refused","refusal":"readsMain","reason":"reads `users` beside `messages`","side":"mixed","reads":["messages"],"writes":[]}}
  }}
}}
"#,
        judged.digest
    );
    assert_eq!(text, expected);
    let manifest = read(&folder).unwrap();
    assert_eq!(manifest.placements, Some(judged.clone()));
    let (_, is_new) = builder(&folder).write_placements(&judged).unwrap();
    assert!(!is_new);
    // The macros read it again.
    let json = serde_json::to_string(&manifest).unwrap();
    let again: Manifest = serde_json::from_str(&json).unwrap();
    assert_eq!(again.placements, Some(judged));
    assert_eq!(again.runs(&path("chat:list")), Runs::User);
}

#[test]
fn what_was_never_judged_is_refused() {
    let folder = project("p_new");
    let judged = judged(&folder);
    // Without the file, a module's name is all that there is.
    let manifest = read(&folder).unwrap();
    assert_eq!(manifest.runs(&path("messages:list")), Runs::User);
    assert_eq!(manifest.runs(&path("chat:list")), Runs::Main);
    builder(&folder).write_placements(&judged).unwrap();
    let manifest = read(&folder).unwrap();
    let runs = manifest.runs(&path("messages:list"));
    assert_eq!(runs.location(), None);
    assert!(
        matches!(&runs, Runs::Refused { refusal: Refusal::NotJudged, reason } if reason.contains("byod export")),
        "{runs:?}"
    );
}

#[test]
fn a_build_says_that_there_is_no_file() {
    let folder = project("p_none");
    let said = warnings(&folder).join("\n");
    assert!(
        said.contains("byod.functions.json is not there") && said.contains("(`chat`)"),
        "{said}"
    );
    assert!(said.contains("Run `byod export`"), "{said}");
    // Where names say all there is nothing to say.
    fs::remove_file(folder.path("convex/chat.ts")).unwrap();
    assert_eq!(warnings(&folder), Vec::<String>::new());
    let folder = project("p_no_users").with("byod.toml", "main.convex = \"convex\"\n");
    assert_eq!(warnings(&folder), Vec::<String>::new());
}

#[test]
fn a_build_says_that_functions_run_as_in_the_snapshot() {
    let config = format!("snapshot = \"byod-snapshot.json\"\n{CONFIG}");
    let folder = project("p_snapshot").with("byod.toml", &config);
    builder(&folder).write_placements(&judged(&folder)).unwrap();
    builder(&folder).write_snapshot().unwrap();
    assert_eq!(warnings(&folder), Vec::<String>::new());
    fs::remove_file(folder.path("byod.functions.json")).unwrap();
    let said = warnings(&folder);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("byod.functions.json is not there, so functions run where")
            && said[0].contains("byod-snapshot.json says"),
        "{said:?}"
    );
    assert_eq!(read(&folder).unwrap().runs(&path("chat:list")), Runs::User);
}

#[test]
fn a_build_says_that_the_file_is_out_of_date() {
    let folder = project("p_stale");
    builder(&folder).write_placements(&judged(&folder)).unwrap();
    assert_eq!(warnings(&folder), Vec::<String>::new());
    let folder = folder.with_module(
        "chat.ts",
        &format!("{LIST}export const more = query({{ args: {{}}, handler: async () => [] }});\n"),
    );
    let said = warnings(&folder);
    assert_eq!(said.len(), 1);
    assert!(
        said[0].contains("byod.functions.json is out of date"),
        "{said:?}"
    );
    assert!(said[0].contains("Run `byod export`"), "{said:?}");
    // What byod.toml says counts as well.
    builder(&folder).write_placements(&judged(&folder)).unwrap();
    assert_eq!(warnings(&folder), Vec::<String>::new());
    let folder = folder.with("byod.toml", &format!("{CONFIG}skip = [\"chat:list\"]\n"));
    assert_eq!(warnings(&folder).len(), 1);
}

#[test]
fn what_byod_toml_says_of_a_function_counts_at_once() {
    let config = format!(
        "{CONFIG}skip = [\"messages:list\"]\nmain_only = [\"chat:list\"]\nacross_users = [\"chat:feed\"]\nnot_served = [\"chat:gone\"]\n\n[user.modules]\ncliAuth = \"user\"\n"
    );
    let folder = project("p_stated").with("byod.toml", &config);
    let manifest = read(&folder).unwrap();
    let expected = Stated {
        modules: [("cliAuth".to_owned(), Location::User)].into(),
        main_only: [path("chat:list")].into(),
        skip: [path("messages:list")].into(),
        across_users: [path("chat:feed")].into(),
        not_served: [path("chat:gone")].into(),
        outbox: BTreeSet::new(),
    };
    assert_eq!(manifest.stated, expected);
    let refusal = |of: &str| match manifest.runs(&path(of)) {
        Runs::Refused { refusal, .. } => Some(refusal),
        _ => None,
    };
    assert_eq!(refusal("messages:list"), Some(Refusal::Skipped));
    assert_eq!(refusal("chat:list"), Some(Refusal::MainOnly));
    let unknown = manifest.unknown_stated();
    let expected = [
        ("across_users", &path("chat:feed")),
        ("not_served", &path("chat:gone")),
    ];
    assert_eq!(unknown, expected);
}

#[test]
fn what_is_no_such_file_or_list_is_an_error() {
    let folder = project("p_broken").with("byod.functions.json", "{\"format\": 2}");
    let error = read(&folder).unwrap_err();
    assert!(error.contains("another version of byod"), "{error}");
    let folder = folder.with("byod.functions.json", "[]");
    let error = read(&folder).unwrap_err();
    assert!(error.contains("Run `byod export`"), "{error}");
    for (line, wanted) in [
        (
            "skip = [\"list\"]",
            "`user.skip` must be a list of functions' paths",
        ),
        (
            "skip = [\"a:b\", \"a:b\"]",
            "`a:b` is listed twice in `user.skip`",
        ),
        (
            "skip = [\"a:b\"]\nmain_only = [\"a:b\"]",
            "`a:b` is in `user.main_only` and in `user.skip`",
        ),
        ("modules = { a = \"both\" }", "must be \"user\" or \"main\""),
        ("mainonly = []", "Did you mean `user.main_only`?"),
    ] {
        let folder = project("p_list").with("byod.toml", &format!("{CONFIG}{line}\n"));
        let error = read(&folder).unwrap_err();
        assert!(error.contains(wanted), "{error}");
    }
}
