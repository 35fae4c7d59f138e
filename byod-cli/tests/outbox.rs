//! What functions on users' deployments leave for main.

use crate::support::Project;
use serde_json::Value;

#[test]
fn what_is_committed_is_what_is_exported() {
    Project::outboxed().assert_as_exported();
    Project::streamed().assert_as_exported();
}

/// What of the large example needs nothing but that main does a part of it.
#[test]
fn what_writes_on_main_without_a_look_at_it_is_served() {
    let project = Project::large();
    project.remove("convex/byod/outbox.ts");
    project.export(&[]);
    let file: Value = serde_json::from_str(&project.read("byod.functions.json")).unwrap();
    for path in [
        "conversations:create",
        "notes:createFromMessage",
        "notes:remove",
        "projects:create",
        "tasks:setStatus",
        "usage/budget:check",
    ] {
        let placed = &file["functions"][path];
        assert_eq!(
            (&placed["runs"], &placed["outbox"]),
            (&"user".into(), &true.into()),
            "{placed}"
        );
    }
    // Actions that answer on main, and ask for what they need where it is, are had run.
    for path in [
        "chat:editAndResend",
        "chat:regenerate",
        "chat:sendComparison",
        "chat:sendMessage",
        "files:retry",
        "files:save",
        "memories:update",
        "notes:create",
        "notes:update",
        "usage/mutations:record",
        "users:deleteAccount",
    ] {
        let placed = &file["functions"][path];
        assert_eq!(
            (&placed["runs"], &placed["outbox"]),
            (&"user".into(), &true.into()),
            "{path}: {placed}"
        );
    }
    // What counts reads before it writes: main's own code does it, in main's transaction.
    let stats = project.read("byod/convex/lib/stats.ts");
    assert!(
        stats.contains("ctx.onMain.help(\"lib/stats:bumpStats\", given)"),
        "{stats}"
    );

    // Until main has what does it, it would refuse all of that.
    let report = project.byod(&["check", "--json"]).json();
    let differences = report["differences"].to_string();
    assert!(
        differences.contains("main would refuse what functions"),
        "{differences}"
    );
    let answer = project.byod(&["export", "--main"]);
    assert!(
        answer.stdout.contains("written byod/outbox.ts"),
        "{}",
        answer.stdout
    );
    let on_main = project.read("convex/byod/outbox.ts");
    assert!(
        on_main.contains("import { bumpStats as helper"),
        "{on_main}"
    );
    assert!(
        on_main.contains(r#"{"fields":{"notes":{"is":-1.0}}}"#),
        "{on_main}"
    );
}

#[test]
fn it_typechecks_and_is_formatted() {
    let Some(node) = crate::support::node() else {
        return;
    };
    for project in [Project::outboxed(), Project::streamed()] {
        assert_eq!(project.byod(&["export", "--main"]).status, 0);
        project.export(&["--force"]);
        let root = project.root.join("byod");
        crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
        crate::support::tool(&node, "prettier", &["--check", "convex"], &root).unwrap();
        let on_main = ["--check", "convex/byod"];
        crate::support::tool(&node, "prettier", &on_main, &project.root).unwrap();
    }
}

/// What main can't tell from what anybody could send, or is needed at once, is refused.
#[test]
fn what_main_could_not_hold_to_anything_is_refused() {
    let project = Project::large();
    project.export(&[]);
    let file: Value = serde_json::from_str(&project.read("byod.functions.json")).unwrap();
    for (path, reason) in [
        (
            "shares:shareNote",
            "an id of the users' table `notes`: main has no such document",
        ),
        (
            "templates:createFromConversation",
            "needs the id of what it inserts there",
        ),
    ] {
        let placed = &file["functions"][path];
        assert_eq!(placed["runs"], "refused", "{path}");
        assert!(
            placed["reason"].as_str().unwrap().contains(reason),
            "{path}: {placed}"
        );
    }
}
