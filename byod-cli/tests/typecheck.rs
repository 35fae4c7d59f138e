//! What TypeScript finds wrong in what is planned is not written.

use serde_json::{Value, json};

use crate::support::{self, Project};

/// What became of a function, and why.
fn fate<'a>(report: &'a Value, function: &str) -> (&'a str, &'a str) {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    let found = found.unwrap_or_else(|| panic!("{function} is not in {report}"));
    let text = |key: &str| found[key].as_str().unwrap_or_default();
    (text("is"), text("reason"))
}

fn has_note(report: &Value, part: &str) -> bool {
    let notes = report["notes"].as_array().unwrap();
    notes
        .iter()
        .any(|note| note.as_str().unwrap().contains(part))
}

/// An app whose functions typecheck on main. There, ids of main's table are strings.
fn project() -> Project {
    let project = Project::empty();
    project
        .write(
            "byod.toml",
            "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\ntables = [\"notes\"]\n\
             [user.inject]\nuserId = \"subject\"\n",
        )
        .write("package.json", "{ \"devDependencies\": { \"typescript\": \"*\" } }")
        .write(
            "convex/schema.ts",
            r#"import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  users: defineTable({ name: v.string() }),
  notes: defineTable({ userId: v.id("users"), title: v.string() }).index("by_user", ["userId"]),
});
"#,
        )
        .write(
            "convex/lib/owners.ts",
            r#"import { Id } from "../_generated/dataModel";
export const tableOf = (id: Id<"users">): "users" => id.__tableName;
export const tidy = (title: string) => title.trim();
"#,
        )
        .write(
            "convex/notes.ts",
            r#"import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { tableOf, tidy } from "./lib/owners";
export const list = query({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) =>
    await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", userId)).collect(),
});
export const origin = query({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const note = await ctx.db.query("notes").withIndex("by_user", (q) => q.eq("userId", userId)).first();
    return note && tableOf(note.userId);
  },
});
export const add = mutation({
  args: { userId: v.id("users"), title: v.string() },
  handler: async (ctx, { userId, title }) => {
    await ctx.db.insert("notes", { userId, title: tidy(title) });
  },
});
"#,
        );
    project
}

#[test]
fn a_function_that_would_not_typecheck_is_missing_with_what_typescript_says() {
    // Version 7, and the second example's 5.
    for folder in ["tests/node", "../examples/large"] {
        let Some(node) = support::installed(folder) else {
            return;
        };
        let project = project();
        project.link_packages(&node);
        let report = project.export(&[]);
        assert_eq!(report["typecheck"]["is"], "done", "{report}");
        let (is, reason) = fate(&report, "notes:origin");
        assert_eq!(is, "missing", "{report}");
        assert_eq!(
            reason,
            "would not typecheck there: TypeScript says of `tableOf` in `lib/owners.ts`: \
             Property '__tableName' does not exist on type 'string' (TS2339)"
        );
        for function in ["notes:list", "notes:add"] {
            assert_eq!(fate(&report, function).0, "carried", "{report}");
        }
        let written = project.read("user/convex/lib/owners.ts");
        assert!(written.contains("tidy") && !written.contains("tableOf"));
        support::tool(
            &node,
            "tsc",
            &["--noEmit", "-p", "convex"],
            &project.root.join("user"),
        )
        .unwrap();

        // Nobody serves it then.
        let placed: Value = serde_json::from_str(&project.read("byod.functions.json")).unwrap();
        assert!(
            placed.to_string().contains("would not typecheck there"),
            "{placed}"
        );

        // Known to be so, it is nothing left to do.
        project.replace(
            "byod.toml",
            "tables",
            "not_served = [\"notes:origin\"]\ntables",
        );
        let answer = project.byod(&["check"]);
        assert_eq!(answer.status, 0, "{}", answer.stdout);

        // Again, nothing changes.
        let answer = project.byod(&["export"]);
        assert!(
            answer.stdout.contains("nothing to change"),
            "{}",
            answer.stdout
        );
        assert!(
            answer.stdout.contains("typechecked by TypeScript"),
            "{}",
            answer.stdout
        );

        // And as it was without.
        let report = project.export(&["--no-typecheck"]);
        assert_eq!(
            report["typecheck"],
            json!({"is": "notDone", "reason": "--no-typecheck"})
        );
        assert_eq!(fate(&report, "notes:origin").0, "carried");
    }
}

#[test]
fn where_typescript_is_absent_that_is_said() {
    let project = project();
    let report = project.export(&[]);
    assert_eq!(report["typecheck"]["is"], "notDone");
    assert_eq!(fate(&report, "notes:origin").0, "carried");
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 0);
    assert!(
        answer.stdout.contains(
            "not typechecked: `typescript` isn't installed in main's project: run `npm install --save-dev typescript` there"
        ),
        "{}",
        answer.stdout
    );
}

/// TypeScript costs more than all else: it judges once, also where main has got the builders
/// of actions just now.
#[test]
fn what_main_is_to_have_is_judged_once() {
    let Some(node) = support::node() else {
        return;
    };
    let project = project();
    project
        .write(
            "convex/sums.ts",
            r#"import { api } from "./_generated/api";
import { action } from "./_generated/server";
import type { Id } from "./_generated/dataModel";
export const count = action({
  args: {},
  handler: async (ctx): Promise<number> =>
    (await ctx.runQuery(api.notes.list, { userId: "u" as Id<"users"> })).length,
});
"#,
        )
        // It notes that it was run, and has nothing to say.
        .write(
            "node_modules/typescript/lib/tsc.js",
            "require('node:fs').appendFileSync(__dirname + '/runs', 'once\\n');\n",
        )
        .write(
            "node_modules/typescript/package.json",
            r#"{ "name": "typescript", "version": "5.9.2" }"#,
        );
    std::os::unix::fs::symlink(
        node.join("node_modules/convex"),
        project.root.join("node_modules/convex"),
    )
    .unwrap();
    let main = project.byod(&["export", "--main", "--json"]);
    assert_eq!(main.status, 0, "{}", main.stderr);
    let written = main.json()["written"].to_string();
    assert!(written.contains("byod/server.ts"), "{written}");
    let runs = project.read("node_modules/typescript/lib/runs");
    assert_eq!(runs.lines().count(), 1, "{runs}");
}

/// What is carried over is the same with and without them.
#[test]
fn packages_that_are_not_installed_take_no_function_away() {
    let Some(node) = support::node() else { return };
    let project = Project::of("components");
    for package in ["convex", "typescript"] {
        let at = project.root.join("node_modules").join(package);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(node.join("node_modules").join(package), at).unwrap();
    }
    let report = project.export(&[]);
    assert_eq!(
        report["typecheck"],
        json!({
            "is": "notDone",
            "reason": "`@convex-dev/aggregate`, which functions that are carried over need, isn't installed in main's project: run `npm install` there, and export again",
        })
    );
    assert_eq!(fate(&report, "notes:create").0, "carried");

    project.remove("node_modules").link_packages(&node);
    let report = project.export(&[]);
    assert_eq!(report["typecheck"]["is"], "done", "{report}");
    assert_eq!(fate(&report, "notes:create").0, "carried");
}

#[test]
fn what_people_wrote_is_told_and_not_refused() {
    let Some(node) = support::node() else { return };
    let project = project();
    project.link_packages(&node);
    project.write(
        "user/convex/custom/notes.ts",
        r#"import { v } from "convex/values";
import { ownerQuery } from "../byod/owner";
import { half } from "../mine";
export const origin = ownerQuery({
  args: { userId: v.string() },
  handler: async (ctx, { userId }) => {
    const title: number = userId;
    return half(title);
  },
});
"#,
    );
    project.write(
        "user/convex/mine.ts",
        "export const half = (n: number) => n / 2;\n",
    );
    let report = project.export(&[]);
    assert_eq!(report["typecheck"]["is"], "done", "{report}");
    assert_eq!(fate(&report, "notes:origin").0, "custom");
    assert!(
        has_note(
            &report,
            "TypeScript says of `custom/notes.ts`, line 7: Type 'string' is not assignable to type 'number' (TS2322)"
        ),
        "{report}"
    );
    let notes = report["notes"].as_array().unwrap().iter();
    let told = notes.filter(|note| note.as_str().unwrap().contains("TypeScript says"));
    assert_eq!(told.count(), 1, "{report}");
}

/// Some packages have their sources for types, and are not ours to mend.
#[test]
fn what_is_wrong_in_a_package_is_told_and_not_refused() {
    let Some(node) = support::node() else { return };
    let project = project();
    project.link_packages(&node);
    project
        .write(
            "user/node_modules/loose/package.json",
            r#"{ "name": "loose", "version": "1.0.0", "main": "index.ts", "types": "index.ts" }"#,
        )
        .write(
            "user/node_modules/loose/index.ts",
            "export const half = (n: number): string => n / 2;\n",
        )
        .write(
            "user/convex/custom/more.ts",
            "import { half } from \"loose\";\nexport const quarter = (n: number) => Number(half(n)) / 2;\n",
        );
    let report = project.export(&[]);
    assert_eq!(report["typecheck"]["is"], "done", "{report}");
    assert!(
        has_note(
            &report,
            "node_modules/loose/index.ts`, line 1: Type 'number'"
        ),
        "{report}"
    );
}

/// By what its tsconfig.json says, nothing can be written, so nothing is.
#[test]
fn what_is_wrong_elsewhere_writes_nothing() {
    let Some(node) = support::node() else { return };
    let project = project();
    project.link_packages(&node);
    project.write(
        "user/convex/tsconfig.json",
        r#"{ "compilerOptions": { "strict": true, "moduleResolution": "Bundler", "module": "ESNext", "lib": ["ES5"], "types": [] } }"#,
    );
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2, "{}", answer.stdout);
    assert!(
        answer
            .stderr
            .contains("nothing was written: TypeScript says of"),
        "{}",
        answer.stderr
    );
    assert!(!project.has("user/convex/schema.ts"));
    assert!(!project.has("byod.functions.json"));
    assert_eq!(project.byod(&["export", "--no-typecheck"]).status, 0);
}
