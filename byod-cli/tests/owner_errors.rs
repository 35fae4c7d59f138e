//! Where several users share a deployment, and `byod.toml` doesn't say whose documents are.

use crate::support::Project;

#[test]
fn what_byod_toml_does_not_say_is_an_error_with_the_line_to_write() {
    let project = Project::of("shared");
    let fails = |project: &Project, messages: &[&str]| {
        let answer = project.byod(&["export"]);
        assert_eq!(answer.status, 2, "{}", answer.stdout);
        for message in messages {
            let line = format!("byod.toml: {message}");
            assert!(answer.stderr.contains(&line), "{line}\n{}", answer.stderr);
        }
        assert_eq!(answer.stderr.matches("byod.toml: ").count(), messages.len());
        // The check says the same where there is something to check.
        project.write("user/convex/schema.ts", &project.read("convex/schema.ts"));
        let check = project.byod(&["check"]);
        assert_eq!(check.status, 1, "{}{}", check.stdout, check.stderr);
        for message in messages {
            assert!(
                check.stdout.contains(message),
                "{message}\n{}",
                check.stdout
            );
        }
        project.remove("user");
    };
    let toml = project.read("byod.toml");
    let whole = toml.clone();
    let change = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        project.write("byod.toml", &whole.replace(from, to));
    };

    let (owner, rest) = toml.split_once("[user.owner]").unwrap();
    let inject = rest.split_once("[user.inject]").unwrap().1;
    let bare = owner.replace("common = [\"labels\", \"members\"]\n", "");
    project.write("byod.toml", &format!("{bare}[user.inject]{inject}"));
    let nothing = "nothing says whose documents of";
    let several = "are, and several users share a deployment.";
    let everybodys = "or, if they are everybody's, write";
    let by = |table: &str, field: &str| {
        format!(
            "{nothing} `{table}` {several} Write `{table} = \"{field}\"` under [user.owner]; {everybodys} `common = [\"{table}\"]` under [user]"
        )
    };
    let none = |table: &str| {
        format!(
            "{nothing} `{table}` {several} Give its documents a text field `userId`; {everybodys} `common = [\"{table}\"]` under [user]"
        )
    };
    let messages = [
        by("messages", "conversationId"),
        by("reactions", "messageId"),
        none("labels"),
        by("vaults", "conversationId"),
        none("members"),
        by("prefs", "owner.userId"),
    ];
    fails(&project, &messages.each_ref().map(String::as_str));

    // What is in `common` already stays in the line.
    change(
        "common = [\"labels\", \"members\"]",
        "common = [\"labels\"]",
    );
    fails(
        &project,
        &[&none("members").replace("[\"members\"]", "[\"labels\", \"members\"]")],
    );
    change("\"members\"]\n[", "\"members\", \"docs\"]\n[");
    fails(
        &project,
        &[
            "`docs` is everybody's in `common` under [user], but its documents say whose they are by `userId`. Remove it there, or name the field otherwise",
        ],
    );
    change("vaults = \"conversationId\"", "vaults = \"conversation\"");
    fails(
        &project,
        &[
            "[user.owner] says that documents of `vaults` have their owner by `conversation`, but they have no such field. Did you mean `conversationId`?",
        ],
    );
    change("[user.owner]", "[user.owner]\nmembers = \"userIds\"");
    project.replace("byod.toml", "\"labels\", \"members\"", "\"labels\"");
    fails(
        &project,
        &[
            "`userIds` of `members` is v.array(v.id(\"users\")), neither a text nor the id of a table of the users: it can't say whose a document is. Name another field under [user.owner]",
        ],
    );
    change(
        "\"labels\", \"members\"]",
        "\"labels\", \"members\", \"conversations\"]",
    );
    project.replace(
        "convex/schema.ts",
        "userId: v.id(\"users\"),\n      title: v.string(),\n    }).index(\"by_user\", [\"userId\"]),",
        "title: v.string(),\n    }).index(\"by_user\", [\"title\"]),",
    );
    let from = "which is everybody's. Name another field under [user.owner], or write";
    let common = |table: &str| {
        format!(
            "documents of `{table}` are to have their owner by `conversationId` from `conversations`, {from} `common = [\"conversations\", \"labels\", \"members\", \"{table}\"]` under [user]"
        )
    };
    fails(&project, &[&common("messages"), &common("vaults")]);
}

#[test]
fn parents_that_lead_in_a_ring_are_refused() {
    let project = Project::of("shared");
    project
        .replace(
            "convex/schema.ts",
            "labels: defineTable({",
            "labels: defineTable({ message: v.id(\"messages\"), label: v.optional(v.id(\"labels\")),",
        )
        .replace(
            "convex/schema.ts",
            "messages: defineTable({",
            "messages: defineTable({ label: v.id(\"labels\"),",
        )
        .replace("byod.toml", "\"labels\", \"members\"]", "\"members\"]")
        .replace(
            "byod.toml",
            "messages = \"conversationId\"",
            "messages = \"label\"\nlabels = \"message\"",
        );
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2);
    for ring in [
        "`messages` → `labels` → `messages`",
        "`labels` → `messages` → `labels`",
    ] {
        assert!(answer.stderr.contains(ring), "{}", answer.stderr);
    }
    project.replace("byod.toml", "labels = \"message\"", "labels = \"label\"");
    let answer = project.byod(&["export"]);
    let ring = "whose documents of `labels` are is never found: `labels` → `labels`. Name a field";
    assert!(answer.stderr.contains(ring), "{}", answer.stderr);
}
