//! Long modules cost what they are long, not the square of it, and what leads back to itself
//! comes to an end.

#![cfg(unix)]

use std::fmt::Write as _;
use std::process::Command;

use crate::support::Project;
use serde_json::Value;

const HEAD: &str = "import { query } from \"./_generated/server\";\n";

/// What the system gives an export of processor time, in seconds, whatever else it does:
/// each of these takes some four of them at the most, and up to hundreds where it is the square.
const SECONDS: u32 = 30;

fn function(name: &str, uses: &str) -> String {
    format!(
        "export const {name} = query({{\n  args: {{}},\n  handler: async (ctx) => {{\n    const identity = await ctx.auth.getUserIdentity();\n    if (identity === null) throw new Error(\"Not signed in\");\n    {uses}\n    return await ctx.db.query(\"notes\").withIndex(\"by_user\", (q) => q.eq(\"userId\", identity.subject)).collect();\n  }},\n}});\n"
    )
}

fn functions(count: usize, uses: &str) -> String {
    (0..count).fold(String::new(), |mut text, i| {
        text.push_str(&function(&format!("list{i}"), uses));
        text
    })
}

/// Exports the module; `carried` functions come along.
fn exports(what: &str, notes: &str, carried: usize) {
    let project = Project::empty();
    project
        .write("byod.toml", "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\ntables = [\"notes\"]\n[user.inject]\nuserId = \"subject\"\n")
        .write("convex/schema.ts", "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\nexport default defineSchema({ notes: defineTable({ userId: v.string() }).index(\"by_user\", [\"userId\"]) });\n")
        .write("convex/notes.ts", notes);
    let limited = format!("ulimit -t {SECONDS} && exec \"$0\" export --json");
    let output = Command::new("sh")
        .args(["-c", &limited, env!("CARGO_BIN_EXE_byod")])
        .current_dir(&project.root)
        .output()
        .unwrap();
    // It ends by a signal where it is given no more.
    assert!(output.status.success(), "{what}: {output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let functions = report["functions"].as_array().unwrap();
    let is_carried = functions.iter().filter(|f| f["is"] == "carried").count();
    assert_eq!(is_carried, carried, "{what}: {report}");
}

#[test]
fn many_functions() {
    let text = format!("{HEAD}{}", functions(6_000, ""));
    exports("6,000 functions", &text, 6_000);
}

#[test]
fn many_functions_that_hand_on_what_the_module_has() {
    let shared = "const limits = { all: 1 };\nfunction within(of: unknown, whose: unknown) {\n  return [of, whose];\n}\n";
    let functions = functions(6_000, "within(limits, identity.subject);");
    exports("6,000 calls", &format!("{HEAD}{shared}{functions}"), 6_000);
}

#[test]
fn many_methods() {
    let methods = (0..15_000).fold(String::new(), |mut text, i| {
        writeln!(
            text,
            "  of{i}(id: Id<\"notes\">) {{\n    return this.db.get(this.same(id));\n  }}"
        )
        .unwrap();
        text
    });
    let class = format!(
        "class Notes {{\n  constructor(readonly db: DatabaseReader) {{}}\n  same(id: Id<\"notes\">) {{\n    return id;\n  }}\n{methods}}}\n"
    );
    let text = format!("{HEAD}{class}{}", function("list", ""));
    exports("a class of 15,000 methods", &text, 1);
}

/// A method that calls itself, and two that call each other.
#[test]
fn methods_that_lead_back_to_themselves() {
    let class = "class Notes {\n  constructor(readonly db: any) {}\n  top(id: any) {\n    return id ? id : this.top(id);\n  }\n  a(id: any) {\n    return this.b(id);\n  }\n  b(id: any) {\n    return this.a(id);\n  }\n  go(id: any) {\n    return [this.db.get(this.top(id)), this.db.get(this.a(id))];\n  }\n}\n";
    let text = format!("{HEAD}{class}{}", function("list", ""));
    exports("methods in a ring", &text, 1);
}

#[test]
fn types_that_hold_themselves_many_times() {
    let branches = (0..20).fold(String::new(), |mut text, i| {
        write!(text, "n{i}: Tree; ").unwrap();
        text
    });
    let tree = format!(
        "type Tree = {{ {branches}id: string }};\nfunction same(tree: Tree): Tree {{\n  return tree;\n}}\n"
    );
    let text = format!("{HEAD}{tree}{}", function("list", "void same;"));
    exports("a tree of 20 branches", &text, 1);
}

/// Each is made of twenty of the one before.
#[test]
fn values_that_are_made_of_the_same_again_and_again() {
    let made = (1..9).fold(String::new(), |mut text, i| {
        let before = vec![format!("a{}", i - 1); 20].join(", ");
        writeln!(text, "const a{i} = pick({before});").unwrap();
        text
    });
    let pick = "function pick(...of: any[]) {\n  return of[0];\n}\n";
    let uses = format!("const a0: any = identity;\n{made}await ctx.db.get(a8);");
    let text = format!("{HEAD}{pick}{}", function("list", &uses));
    exports("twenty of twenty, eight times", &text, 0);
}

#[test]
fn many_empty_statements() {
    let text = format!("{HEAD}{}{}\n", function("list", ""), ";".repeat(60_000));
    exports("60,000 empty statements", &text, 1);
}

#[test]
fn many_statements_that_do_something() {
    let mut text = format!("{HEAD}const known: number[] = [];\n");
    for i in 0..20_000 {
        writeln!(text, "known.push({i});").unwrap();
    }
    text.push_str(&function("list", "void known;"));
    exports("20,000 statements that do something", &text, 1);
}

/// Helpers that hand on what they are given to several others, eight deep, and one whose
/// result holds it twice, again and again: which id that is isn't looked for any further.
#[test]
fn helpers_of_helpers() {
    let many = |name: &str| (0..24).map(|_| name.to_owned()).collect::<Vec<_>>();
    let mut text = format!("{HEAD}import {{ Id }} from \"./_generated/dataModel\";\n");
    text.push_str("const h0 = (x: any) => x;\n");
    for level in 1..9 {
        let calls = many(&format!("h{}(x)", level - 1)).join(" ?? ");
        writeln!(text, "const h{level} = (x: any) => {calls};").unwrap();
        let list = many(&format!("h{}(x)", level - 1)).join(", ");
        writeln!(text, "const l{level} = (x: any) => [{list}];").unwrap();
    }
    text.push_str("const twice = (x: any) => ({ a: x, b: x });\n");
    let nested = format!("{}args{}", "twice(".repeat(60), ")".repeat(60));
    for (name, id) in [
        ("calls", "h8(args.id)"),
        ("lists", "l8(args.id)[0]"),
        ("doubled", &format!("{nested}.a.id")),
    ] {
        writeln!(
            text,
            "export const {name} = query({{ args: {{ id: v.id(\"notes\") }}, handler: async (ctx, args) => {{ const identity = await ctx.auth.getUserIdentity(); if (identity === null) throw new Error(\"Not signed in\"); return await ctx.db.get({id}); }} }});"
        )
        .unwrap();
    }
    let text = text.replacen(
        HEAD,
        &format!("{HEAD}import {{ v }} from \"convex/values\";\n"),
        1,
    );
    // The last may be anything, says the text.
    exports("helpers of helpers", &text, 1);
}
