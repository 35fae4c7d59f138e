//! Copies of main's documents on users' deployments: what is exported for them, and what
//! is refused.

use crate::support::Project;
use serde_json::{Value, json};

/// Where a function runs, and why not if it is refused.
fn placed(project: &Project, path: &str) -> Value {
    let file: Value = serde_json::from_str(&project.read("byod.functions.json")).unwrap();
    file["functions"][path].clone()
}

#[test]
fn it_typechecks_and_is_formatted() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::mirrored();
    assert_eq!(project.byod(&["export", "--main"]).status, 0);
    project.export(&["--force"]);
    let root = project.root.join("byod");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    let written = ["convex/byod", "convex/schema.ts", "convex/lib"];
    let check = ["--check"].into_iter().chain(written).collect::<Vec<_>>();
    crate::support::tool(&node, "prettier", &check, &root).unwrap();
    let main = ["--check", "convex/byod/mirror.ts"];
    crate::support::tool(&node, "prettier", &main, &project.root).unwrap();
}

#[test]
fn what_is_committed_is_what_is_exported() {
    Project::mirrored().assert_as_exported();
}

#[test]
fn byod_toml_is_held_to_main() {
    for (from, to, said) in [
        (
            "\"badges\"]",
            "\"bages\"]",
            "byod.toml:9: main has no table `bages` to mirror. Did you mean `badges`?",
        ),
        (
            "\"badges\"]",
            "\"notes\"]",
            "`notes` is in `user.tables`, so it is where the user's data is already. Remove it from `user.mirror`",
        ),
        (
            "[\"users.email\", ",
            "[\"users.mail\", ",
            "`user.never_mirror` names `users.mail`, which no mirrored table has. Did you mean `email`?",
        ),
        (
            "[\"users.email\", ",
            "[7, ",
            "`user.never_mirror` must be a list of fields that never leave main",
        ),
        (
            "mirror = [\"users\", \"userPreferences\", \"badges\"]\npublished = [\"plans\", \"announcements\"]\n",
            "",
            "`user.never_mirror` is there without `user.mirror` and `user.published`: nothing leaves main",
        ),
        (
            "[\"plans\", ",
            "[\"plan\", ",
            "byod.toml:10: main has no table `plan` to mirror. Did you mean `plans`?",
        ),
        (
            "[\"plans\", ",
            "[\"notes\", ",
            "`notes` is in `user.tables`, so it is where the user's data is already. Remove it from `user.published`",
        ),
        (
            "[\"plans\", ",
            "[\"badges\", ",
            "`badges` is in `user.mirror`, of which each user gets their own documents, and in `user.published`, of which everybody gets all",
        ),
        (
            "[user.inject]",
            "[user.owner]\nplans = \"slug\"\n[user.inject]",
            "`plans` has an owner in [user.owner], so it can't be in `user.published`",
        ),
    ] {
        let project = Project::mirrored();
        project.replace("byod.toml", from, to);
        let answer = project.byod(&["export"]);
        assert_eq!(answer.status, 2);
        assert!(answer.stderr.contains(said), "{}", answer.stderr);
    }
}

#[test]
fn a_table_says_whose_its_documents_are_or_stays_on_main() {
    // Two fields have ids of users, and none has the name of the subject.
    let project = Project::mirrored();
    project.replace(
        "convex/schema.ts",
        "badges: defineTable({\n    userId:",
        "badges: defineTable({\n    holder:",
    );
    project.replace(
        "convex/schema.ts",
        "points: v.int64(),\n  }).index(\"by_user\", [\"userId\"])",
        "points: v.int64(),\n  }).index(\"by_user\", [\"holder\"])",
    );
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2);
    let said = "nothing says whose documents of main's table `badges` are, which is to be mirrored";
    assert!(answer.stderr.contains(said), "{}", answer.stderr);
    assert!(
        answer
            .stderr
            .contains("`badges = \"…\"` under [user.owner]")
    );
    let owner = "updatedAt = \"now\"\n\n[user.owner]\nbadges = \"holder\"\n";
    project.replace("byod.toml", "updatedAt = \"now\"\n", owner);
    assert_eq!(project.byod(&["export", "--main"]).status, 0);
    let read = project.read("convex/byod/mirror.ts");
    assert!(read.contains("q.eq(\"holder\", owner)"), "{read}");

    // Nobody is to look through all documents of all users.
    let project = Project::mirrored();
    project.replace(
        "convex/schema.ts",
        "points: v.int64(),\n  }).index(\"by_user\", [\"userId\"])",
        "points: v.int64(),\n  })",
    );
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2);
    let said = "add `.index(\"by_userId\", [\"userId\"])` to it in main's schema";
    assert!(answer.stderr.contains(said), "{}", answer.stderr);
}

/// Nobody's data may be published by mistake.
#[test]
fn a_table_that_says_whose_its_documents_are_is_not_published() {
    for (fields, why) in [
        ("by: v.id(\"users\")", "has `by`, the id of a user"),
        (
            "readers: v.array(v.id(\"users\"))",
            "has `readers[]`, the id of a user",
        ),
        (
            "seen: v.record(v.id(\"users\"), v.number())",
            "has `seen[key]`, the id of a user",
        ),
        (
            "about: v.id(\"notes\")",
            "has `about`, the id of the users' table `notes`",
        ),
        (
            "userId: v.string()",
            "has `userId`, which says whose a document is",
        ),
        // What holds a user's id elsewhere.
        (
            "givenBy: v.string()",
            "has `givenBy`, which says whose a document is (if that says who did it, and not whose it is, add \"announcements.givenBy\" to `never_mirror`)",
        ),
        (
            "to: v.object({ email: v.string() })",
            "has `email`, which says whose a document is",
        ),
        (
            "owner_id: v.optional(v.string())",
            "has `owner_id`, which says whose a document is",
        ),
        (
            "badge: v.optional(v.id(\"badges\"))",
            "hangs by `badge` from `badges`, which has `userId`, the id of a user",
        ),
    ] {
        let project = Project::mirrored();
        project.replace(
            "convex/schema.ts",
            "plan: v.optional(v.id(\"plans\")),",
            &format!("plan: v.optional(v.id(\"plans\")), {fields},"),
        );
        for command in ["export", "check"] {
            let answer = project.byod(&[command]);
            let said = format!(
                "main's table `announcements` is in `published` under [user], of which every user gets all documents, but it {why}"
            );
            let told = answer.stdout + &answer.stderr;
            assert_ne!(answer.status, 0);
            assert!(told.contains(&said), "{told}");
        }
    }
    // Who did something to it is nothing that has to leave main.
    let project = Project::mirrored();
    let plan = "plan: v.optional(v.id(\"plans\")),";
    let by = format!("{plan} changedBy: v.id(\"users\"),");
    project.replace("convex/schema.ts", plan, &by);
    let answer = project.byod(&["export"]);
    let said = "has `changedBy`, the id of a user (if that says who did it, and not whose it is, add \"announcements.changedBy\" to `never_mirror`)";
    assert!(answer.stderr.contains(said), "{}", answer.stderr);
    let cost = "\"plans.cost\"";
    project.replace(
        "byod.toml",
        cost,
        &format!("{cost}, \"announcements.changedBy\""),
    );
    project.export(&["--force"]);
    let copies = project.read("byod/convex/byod/copies.ts");
    assert!(copies.contains("never: [\"changedBy\"]"), "{copies}");

    let project = Project::mirrored();
    project.replace("byod.toml", ", \"badges\"]", "]");
    project.replace("byod.toml", "\"announcements\"]", "\"users\"]");
    project.replace("byod.toml", "mirror = [\"users\", ", "mirror = [");
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2);
    assert!(
        answer.stderr.contains("but it says who is signed up"),
        "{}",
        answer.stderr
    );
}

/// What is refused for want of it names the setting.
#[test]
fn what_reads_a_table_of_nobodys_is_told_how() {
    let project = Project::mirrored();
    project.replace(
        "byod.toml",
        "published = [\"plans\", \"announcements\"]\n",
        "",
    );
    project.replace("byod.toml", ", \"plans.cost\"", "");
    project.export(&["--force"]);
    for (path, said) in [
        (
            "plans:left",
            "Nothing in `plans` says whose it is: if every user may know all of it, name it in `published` under [user]",
        ),
        ("plans:news", "name it in `published` under [user]"),
    ] {
        let placed = placed(&project, path);
        assert_eq!(placed["runs"], "refused", "{path}: {placed}");
        assert_eq!(placed["refusal"], "readsMain");
        let reason = placed["reason"].as_str().unwrap();
        assert!(reason.contains(said), "{path}: {reason}");
    }
    project.replace("byod.toml", ", \"badges\"]", "]");
    project.export(&["--force"]);
    let placed = placed(&project, "notes:page");
    let reason = placed["reason"].as_str().unwrap();
    let said = "`badges` has `userId`, the id of a user: if it is the caller's own that is read, name it in `mirror` under [user]";
    assert!(reason.contains(said), "{reason}");
}

/// With the check of a role out of the way they could be carried over, and would take one
/// user's documents for everybody's.
#[test]
fn what_is_about_everybody_is_refused_as_before() {
    let project = Project::mirrored();
    project.write(
        "convex/admin.ts",
        r#"import { v } from "convex/values";
import { query } from "./_generated/server";
import { requireActive } from "./lib/auth";

export const titles = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireActive(ctx);
    if (user.plan !== "pro") return [];
    return (await ctx.db.query("notes").collect()).map(({ title }) => title);
  },
});

export const payers = query({
  args: {},
  handler: async (ctx) => {
    const all = await ctx.db.query("users").collect();
    const notes = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", all[0]!._id)).collect();
    return { payers: all.length, notes: notes.length };
  },
});

export const preferencesOf = query({
  args: { user: v.id("users") },
  handler: async (ctx, { user }) => {
    const notes = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", user)).collect();
    const all = await ctx.db.query("userPreferences").withIndex("by_user", (q) => q.eq("userId", user)).collect();
    return { notes: notes.length, preferences: all.length };
  },
});
"#,
    );
    project.export(&["--force"]);
    for (path, said) in [
        ("admin:titles", "reads `notes` of everybody, as it seems"),
        (
            "admin:payers",
            "reads documents of main's table `users` of several users",
        ),
        (
            "admin:preferencesOf",
            "whose owner its argument `user` names",
        ),
    ] {
        let placed = placed(&project, path);
        assert_eq!(placed["runs"], "refused", "{path}: {placed}");
        let reason = placed["reason"].as_str().unwrap();
        assert!(reason.contains(said), "{path}: {reason}");
    }
    // What is said of a refusal names the way out.
    let check = project.byod(&["check"]);
    assert!(
        check.stdout.contains("name the table in `user.mirror`"),
        "{}",
        check.stdout
    );
}

/// A builder's `ctx.user` is the caller's document, too.
#[test]
fn a_document_that_a_builder_adds_is_the_copy() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::mirrored();
    project.write(
        "convex/lib/functions.ts",
        r#"import { customCtx, customQuery } from "convex-helpers/server/customFunctions";
import { query } from "../_generated/server";
import { requireUser } from "./auth";

export const userQuery = customQuery(
  query,
  customCtx(async (ctx) => ({ user: await requireUser(ctx) })),
);
"#,
    );
    project.write(
        "convex/hello.ts",
        r#"import { userQuery } from "./lib/functions";

export const hello = userQuery({
  args: {},
  handler: async (ctx) => {
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", ctx.user._id))
      .collect();
    return `${ctx.user.name} has ${notes.length} on ${ctx.user.plan}`;
  },
});
"#,
    );
    project.export(&["--force"]);
    assert_eq!(placed(&project, "hello:hello")["mirror"], json!(["users"]));
    let convex = project.root.join("byod/convex");
    let results = crate::support::run(
        &node,
        &convex,
        &json!(with_copies(&[
            json!({"type": "query", "path": "hello:hello", "args": {"userId": "alice"}}),
        ])),
    );
    assert_eq!(
        results.last().unwrap()["value"],
        "Dr alice has 0 on pro",
        "{results:?}"
    );
    let root = project.root.join("byod");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
}

/// What the text didn't show to be read or asked for is an error, not an answer that
/// lacks something.
#[test]
fn what_is_not_there_is_an_error() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::mirrored();
    project.write(
        "byod/convex/custom/notes.ts",
        r#"import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "../byod/owner";

const any = (ctx: any) => ctx.db;
const named = { of: (name: string) => name };

export const mailed = ownerQuery({
  args: {},
  handler: async (ctx) => {
    const [user] = await any(ctx)
      .query(named.of("user" + "s"))
      .withIndex("by_subject", (q: any) => q.eq("subject", ctx.owner))
      .collect();
    return user.email;
  },
});

export const byName = ownerQuery({
  args: { other: v.string() },
  handler: async (ctx, { other }) => (await ctx.db.get("user" + "s" as "users", other))?.name,
});

export const badge = ownerQuery({
  args: { id: v.string() },
  handler: async (ctx) => await any(ctx).query("user" + "Preferences").collect(),
});

export const create = ownerMutation({
  args: { title: v.string() },
  handler: async (ctx, { title }) => {
    await any(ctx).insert("user" + "Preferences", { userId: ctx.owner, key: title, value: 1 });
  },
});

export const page = ownerQuery({
  args: {},
  handler: async (ctx) => {
    const all = await any(ctx).query("user" + "Preferences").filter((q: any) =>
      q.and(q.eq(q.field("userId"), ctx.owner), q.gt(q.field("value"), 1)),
    ).collect();
    return all.map(({ key, _id }: any) => [key, _id]);
  },
});
"#,
    );
    project.export(&["--force"]);
    let convex = project.root.join("byod/convex");
    let call = |path: &str, args: Value| json!({"type": "query", "path": path, "args": args});
    let alice = json!({"userId": "alice"});
    let calls = with_copies(&[
        call("notes:mailed", alice.clone()),
        call(
            "notes:byName",
            json!({"userId": "alice", "other": "bobs id"}),
        ),
        call("notes:byName", json!({"userId": "alice", "other": "alice"})),
        call(
            "notes:byName",
            json!({"userId": "alice", "other": "alices id"}),
        ),
        call("notes:badge", json!({"userId": "alice", "id": "b"})),
        json!({"type": "mutation", "path": "notes:create", "args": {"userId": "alice", "title": "x"}}),
        call("notes:page", alice),
    ]);
    let results = crate::support::run(&node, &convex, &json!(calls));
    let results = &results[2..];
    for (i, said) in [
        (0, "`email` of main's table `users` never leaves main"),
        (1, "only the caller's own documents are here"),
        (4, "only the caller's own documents are here"),
        (5, "can't be reached here"),
    ] {
        let message = results[i]["data"]["message"].as_str();
        let message = message.unwrap_or_else(|| panic!("{i}: {}", results[i]));
        assert!(message.contains(said), "{i}: {message}");
    }
    assert_eq!(results[2]["value"], "Dr alice");
    assert_eq!(results[3]["value"], "Dr alice");
    assert_eq!(results[6]["value"], json!([["size", "p2"]]));
}

/// Alice and Bob share a deployment here; and Bob has more badges than are mirrored.
#[test]
fn each_reads_their_own_copies_where_a_deployment_is_shared() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::mirrored();
    project.remove("byod");
    project.export_shared();
    let write = |subject: &str, sort: &str, badges: bool| {
        let user = json!({"_id": subject, "_creationTime": 1, "subject": subject, "name": subject, "plan": "free"});
        let preference = json!({"_id": "p", "_creationTime": 2, "userId": subject, "key": "sort", "value": sort});
        let tables = json!({
            "users": {"fields": ["bannedAt", "name", "plan", "subject"], "documents": [user], "tooMany": false},
            "userPreferences": {"fields": ["key", "userId", "value"], "documents": [preference], "tooMany": false},
            "badges": {"fields": ["givenBy", "points", "title", "userId"], "documents": [], "tooMany": !badges},
            "plans": {"fields": ["notes", "slug"], "documents": [
                {"_id": "f", "_creationTime": 3, "notes": 5, "slug": "free"},
                {"_id": "g", "_creationTime": 4, "notes": 9, "slug": "pro"},
            ], "tooMany": false},
            "announcements": {"fields": ["plan", "title"], "documents": [
                {"_id": "a", "_creationTime": 5, "title": format!("For {subject}")},
            ], "tooMany": !badges},
        });
        let args = json!({"subject": subject, "user": format!("id of {subject}"), "at": 7, "digest": sort, "tables": tables});
        json!({"type": "mutation", "path": "byod/mirror:write", "args": args})
    };
    let create = |user: &str, title: &str| {
        let args = json!({"userId": user, "title": title});
        json!({"type": "mutation", "path": "notes:create", "args": args})
    };
    let query =
        |path: &str, user: &str| json!({"type": "query", "path": path, "args": {"userId": user}});
    let calls = [
        write("alice", "title", true),
        write("bob", "time", false),
        create("alice", "z"),
        create("alice", "a"),
        create("bob", "y"),
        create("bob", "b"),
        query("notes:sorted", "alice"),
        query("notes:sorted", "bob"),
        query("notes:page", "alice"),
        query("notes:page", "bob"),
        query("notes:sorted", "carol"),
        json!({"count": "users"}),
        query("plans:left", "alice"),
        query("plans:news", "alice"),
        query("plans:news", "bob"),
        json!({"count": "plans"}),
    ];
    let convex = project.root.join("byod/convex");
    let results = crate::support::run(&node, &convex, &json!(calls));
    assert_eq!(results[6]["value"], json!(["a", "z"]));
    assert_eq!(results[7]["value"], json!(["y", "b"]));
    assert_eq!(results[8]["value"]["badges"], json!([]));
    for (call, said) in [
        (
            9,
            "the user has more of main's table `badges` than is mirrored: 1,000 documents or 1 MiB",
        ),
        (
            14,
            "there is more of main's table `announcements` than is mirrored: 1,000 documents or 1 MiB",
        ),
        (10, "have not been brought here yet"),
    ] {
        let message = results[call]["data"]["message"].as_str();
        let message = message.unwrap_or_else(|| panic!("{}", results[call]));
        assert!(message.contains(said), "{message}");
    }
    assert_eq!(results[11]["value"], 2);
    // What is everybody's, each has for themself: what a neighbour gets changes nothing.
    assert_eq!(results[12]["value"], 3.0);
    assert_eq!(results[13]["value"]["told"], json!(["For alice"]));
    assert_eq!(results[15]["value"], 4);
}

/// What was brought to Alice's deployment, and then these calls.
fn with_copies(calls: &[Value]) -> Vec<Value> {
    let preference = |id: &str, key: &str, value: i32| json!({"_id": id, "_creationTime": 5, "userId": "alice", "key": key, "value": value, "changedFrom": "x"});
    let tables = json!({
        "users": {
            "fields": ["bannedAt", "bio", "name", "plan", "subject"],
            "documents": [{
                "_id": "alice", "_creationTime": 1, "subject": "alice", "name": "Dr alice", "plan": "pro",
            }],
            "tooMany": false,
        },
        "userPreferences": {
            "fields": ["changedFrom", "key", "userId", "value"],
            "documents": [preference("p1", "sort", 1), preference("p2", "size", 2)],
            "tooMany": false,
        },
        "badges": {"fields": ["givenBy", "points", "title", "userId"], "documents": [], "tooMany": false},
        "plans": {"fields": ["notes", "slug"], "documents": [], "tooMany": false},
        "announcements": {"fields": ["plan", "title"], "documents": [], "tooMany": false},
    });
    let claim = json!({"subject": "alice", "user": "alices id"});
    let write =
        json!({"subject": "alice", "user": "alices id", "at": 7, "digest": "d", "tables": tables});
    let mut all = vec![
        json!({"type": "mutation", "path": "byod/claim:claim", "args": claim}),
        json!({"type": "mutation", "path": "byod/mirror:write", "args": write}),
    ];
    all.extend(calls.iter().cloned());
    all
}

/// What of the large example needs nothing but copies.
#[test]
fn what_reads_the_callers_own_of_the_large_example_is_served() {
    let project = Project::large();
    project.export(&[]);
    let mut served = Vec::new();
    let file: Value = serde_json::from_str(&project.read("byod.functions.json")).unwrap();
    for (path, placed) in file["functions"].as_object().unwrap() {
        if placed["runs"] == "user" && placed["side"] == "mixed" && !placed["mirror"].is_null() {
            served.push(path.as_str());
        }
    }
    for path in [
        "chat:canSend",
        "conversations/exporting:asDocument",
        "dashboard:greeting",
        "dashboard:tasksDueToday",
        "inbox:deadLinks",
        "notes:get",
        "notes:sorted",
        "projects:setInstructions",
        "prompts:remove",
        "prompts:toggleFavorite",
        "prompts:update",
        "prompts:use",
        "tasks:dueToday",
        "usage/budget:status",
    ] {
        assert!(served.contains(&path), "{path}: {}", placed(&project, path));
    }
    // Nobody there reads a mail address, and none may travel.
    let schema = project.read("byod/convex/schema.ts");
    let (_, users) = schema.split_once("\n  users: defineTable({").unwrap();
    let (users, _) = users.split_once("byodOwner").unwrap();
    assert!(
        users.contains("timezone:") && !users.contains("email:"),
        "{users}"
    );
}
