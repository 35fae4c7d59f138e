//! Which tables each function touches, and where it runs by that.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::Project;
use serde_json::Value;

/// What `byod export` writes of each function.
fn placed(project: &Project) -> BTreeMap<String, Value> {
    project.export(&[]);
    let file: Value = serde_json::from_str(&project.read("byod.functions.json")).unwrap();
    serde_json::from_value(file["functions"].clone()).unwrap()
}

fn touched(function: &Value) -> BTreeSet<&str> {
    ["reads", "writes"]
        .iter()
        .flat_map(|key| function[key].as_array().unwrap())
        .map(|table| table.as_str().unwrap())
        .collect()
}

/// Functions of which more is found than there is: two that share a constant object, and
/// functions that are made by one.
const WIDER: [(&str, &[&str]); 6] = [
    ("bookmarks:get", &["snippets"]),
    ("bookmarks:recent", &["snippets"]),
    ("feedback:board", &["auditLogs", "notifications"]),
    ("snippets:get", &["bookmarks"]),
    ("snippets:list", &["bookmarks"]),
    ("tasks:list", &["activityEvents"]),
];

/// It touches no table: files are where the documents are that name them.
const FILES: &str = "messages/attachments:generateUploadUrl";

/// `expected.json` is what TypeScript's own checker says, too: another test holds them equal.
#[test]
fn what_is_found_of_the_second_example_is_what_typescript_sees() {
    let project = Project::large();
    let placed = placed(&project);
    let expected: Value = serde_json::from_str(&project.read("expected.json")).unwrap();
    let mut served = 0;
    for entry in expected.as_array().unwrap() {
        let path = entry["function"].as_str().unwrap();
        let function = placed
            .get(path)
            .unwrap_or_else(|| panic!("{path} is absent"));
        let mut of_checker: BTreeSet<&str> = entry["touches"]
            .as_array()
            .unwrap()
            .iter()
            .map(|table| table.as_str().unwrap())
            .collect();
        let is_unknown = of_checker.remove("?");
        assert_eq!(
            function["side"] == "unknown",
            is_unknown,
            "{path}: {function}"
        );
        let found = touched(function);
        let missed: Vec<_> = of_checker.difference(&found).collect();
        assert_eq!(missed, Vec::<&&str>::new(), "{path}: {function}");
        let wider = WIDER.iter().find(|(of, _)| *of == path);
        let wider = wider.map_or(&[][..], |(_, tables)| tables);
        // To look up who calls doesn't count there.
        let more: Vec<&str> = found
            .difference(&of_checker)
            .copied()
            .filter(|table| *table != "users")
            .collect();
        assert_eq!(more, wider, "{path}: {function}");
        // Nothing that touches users' tables is left on main, but actions that ask for them
        // where they are.
        let is_action = entry["why"]
            .as_str()
            .is_some_and(|why| why.starts_with("an action"));
        // Nor what is about several users, which says so.
        let is_across = entry["why"]
            .as_str()
            .is_some_and(|why| why.contains("sees no connected user's data"));
        let says_so = function["seesNoConnected"] == true;
        assert_eq!(says_so, is_across, "{path}: {function}");
        if entry["side"] != "main" {
            assert!(
                function["runs"] != "main" || is_action || is_across,
                "{path}"
            );
        } else if path != FILES {
            assert_eq!(function["runs"], "main", "{path}");
        }
        let is_served = entry["runs"] == "user" || (is_action && entry["side"] != "main");
        let is_right = function["runs"] == entry["runs"];
        served += usize::from(is_served && is_right);
        // What isn't served yet is refused.
        assert!(is_right || function["runs"] == "refused", "{path}");
        assert!(entry["runs"] != "refused" || is_right, "{path}");
        let is_users = entry["runs"] == "user" || path == FILES;
        assert!(is_users || function["runs"] != "user", "{path}");
    }
    assert!(served >= 141, "{served} are served");
}

#[test]
fn a_table_is_found_however_it_is_reached_or_the_function_is_unknown() {
    let project = Project::of("touches");
    let placed = placed(&project);
    let known: [(&str, &[&str]); 20] = [
        ("drop", &["notes"]),
        ("tag", &["tags"]),
        ("all", &["notes", "tags"]),
        ("tagged", &["notes", "tags"]),
        ("latest", &["notes"]),
        ("merge", &["tags"]),
        ("retag", &["notes", "tags"]),
        ("several", &["notes", "settings"]),
        ("parents", &["notes", "tags"]),
        ("setting", &["settings"]),
        ("note", &["notes"]),
        ("counted", &["settings"]),
        ("both", &["notes", "tags"]),
        ("looped", &["counters", "settings"]),
        ("later", &["notes"]),
        ("act", &["notes", "settings"]),
        ("helped", &["noteTags"]),
        ("open", &["settings"]),
        ("close", &["settings"]),
        ("add", &[]),
    ];
    for (name, tables) in known {
        let function = &placed[&format!("chat:{name}")];
        let found: Vec<&str> = touched(function).into_iter().collect();
        assert_eq!(found, tables, "{name}: {function}");
        assert_ne!(function["side"], "unknown", "{name}: {function}");
        let of_users = tables.iter().any(|table| ["notes", "tags"].contains(table));
        assert_eq!(function["runs"] == "main", !of_users, "{name}: {function}");
    }
    let hooks = &placed["hooks:checked"];
    assert_eq!(touched(hooks), BTreeSet::from(["counters"]));
    let along = &placed["ents:along"];
    assert_eq!(
        touched(along),
        BTreeSet::from(["notes", "settings"]),
        "{along}"
    );
    let away = placed["ents:away"]["reason"].as_str().unwrap();
    assert!(
        away.starts_with("follows an edge whose table doesn't show"),
        "{away}"
    );
    for (name, reason) in [
        ("climbed", "`ctx.db.get(id)` in `lib/model:climb`"),
        ("anything", "`ctx.db.get(args.id as Id<any>)`"),
        ("named", "`ctx.db.query(args.table as any)`"),
        ("stored", "hands its database on to `first`"),
        ("taken", "reaches into its context by what is computed"),
        ("handed", "`send` of `some-mailer`"),
        ("given", "runs a function that doesn't show"),
        ("bound", "hands its database on"),
        ("listed", "hands its context on to what doesn't show"),
    ] {
        let function = &placed[&format!("chat:{name}")];
        assert_eq!(function["runs"], "refused", "{name}: {function}");
        assert_eq!(function["refusal"], "unknown", "{name}: {function}");
        let said = function["reason"].as_str().unwrap();
        assert!(said.contains(reason), "{name}: {said}");
    }
}

#[test]
fn check_says_of_every_function_where_it_runs_and_fails_where_one_is_refused_unsaid() {
    let project = Project::of("touches");
    project.export(&[]);
    let answer = project.byod(&["check", "--json"]);
    assert_eq!(answer.status, 1, "{}", answer.stdout);
    let report = answer.json();
    let functions = report["functions"].as_array().unwrap();
    let of = |report: &Value, name: &str| {
        let path = format!("chat:{name}");
        let functions = report["functions"].as_array().unwrap();
        functions
            .iter()
            .find(|f| f["function"] == *path)
            .unwrap()
            .clone()
    };
    // Public ones alone.
    assert_eq!(functions.len(), 32);
    let drop = of(&report, "drop");
    assert_eq!(drop["touches"], serde_json::json!(["notes"]));
    assert_eq!(drop["runs"], "user");
    assert_eq!(of(&report, "setting")["runs"], "main");
    assert_eq!(of(&report, "act")["refusal"], "action");
    let totals = &report["totals"];
    let count = |runs: &str| functions.iter().filter(|f| f["runs"] == runs).count();
    for runs in ["user", "main", "refused"] {
        assert_eq!(totals[runs], count(runs), "{totals}");
    }
    // The most frequent reason first, with what to do.
    assert_eq!(totals["refusals"][0]["refusal"], "unknown");
    assert!(
        totals["refusals"][0]["fix"]
            .as_str()
            .unwrap()
            .contains("[user.modules]")
    );
    // A table that joins two of the users' and isn't theirs.
    let suggestions = report["suggestions"].to_string();
    assert!(
        suggestions.contains("`noteTags` hangs from `notes` and `tags`"),
        "{suggestions}"
    );
    assert!(
        suggestions.contains("`noteTags = \\\"noteId\\\"`"),
        "{suggestions}"
    );

    // Everything that is refused is listed, or said otherwise.
    let refused: Vec<String> = functions
        .iter()
        .filter(|f| f["runs"] == "refused")
        .map(|f| f["function"].as_str().unwrap().to_owned())
        .filter(|path| !["chat:act", "chat:several", "chat:anything"].contains(&path.as_str()))
        .collect();
    let said = format!(
        "tables = [\"notes\", \"tags\"]\nnot_served = {refused:?}\nmain_only = [\"chat:act\"]\nacross_users = [\"chat:several\"]\nskip = [\"chat:anything\"]\n"
    );
    project.replace("byod.toml", "tables = [\"notes\", \"tags\"]\n", &said);
    // What byod.toml says is judged anew.
    let stale = project.byod(&["check"]);
    assert_eq!(stale.status, 1);
    assert!(
        stale
            .stdout
            .contains("byod.functions.json is out of date in"),
        "{}",
        stale.stdout
    );
    project.export(&[]);
    let answer = project.byod(&["check", "--json"]);
    let report = answer.json();
    assert_eq!(report["totals"]["refusedNotListed"], 0, "{report}");
    assert_eq!(of(&report, "act")["refusal"], "mainOnly");
    assert_eq!(of(&report, "anything")["refusal"], "skipped");
    let several = of(&report, "several");
    assert_eq!(several["runs"], "main");
    assert_eq!(several["seesNoConnected"], true);
    let people = project.byod(&["check"]).stdout;
    assert!(
        people.contains("On main; sees no connected user's data\n  chat:several"),
        "{people}"
    );
    assert!(
        people.contains("refused chat:named: it doesn't show which table"),
        "{people}"
    );
    // A name that main doesn't have.
    project.replace("byod.toml", "[\"chat:act\"]", "[\"chat:acted\"]");
    let answer = project.byod(&["check"]);
    assert!(
        answer.stdout.contains("`user.main_only` of byod.toml names `chat:acted`, which is no public function of main. Did you mean `chat:act`?"),
        "{}",
        answer.stdout
    );
}

#[test]
fn what_a_module_touches_can_be_said() {
    let project = Project::of("touches");
    project.replace(
        "byod.toml",
        "[user.inject]",
        "[user.modules]\nchat = \"main\"\n\n[user.inject]",
    );
    let placed = placed(&project);
    assert_eq!(placed["chat:named"]["runs"], "main");
    // What is seen isn't said away.
    assert_eq!(placed["chat:act"]["runs"], "refused");
}
