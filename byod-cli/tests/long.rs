//! Long modules cost what they are long, not the square of it.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use support::Project;

const HEAD: &str = "import { query } from \"./_generated/server\";\n";

fn function(name: &str, uses: &str) -> String {
    format!(
        "export const {name} = query({{\n  args: {{}},\n  handler: async (ctx) => {{\n    const identity = await ctx.auth.getUserIdentity();\n    if (identity === null) throw new Error(\"Not signed in\");\n    {uses}\n    return await ctx.db.query(\"notes\").withIndex(\"by_user\", (q) => q.eq(\"userId\", identity.subject)).collect();\n  }},\n}});\n"
    )
}

/// Exports the module, and says how long that took; `carried` functions come along.
fn export(notes: &str, carried: usize) -> Duration {
    let project = Project::empty();
    project
        .write("byod.toml", "[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\ntables = [\"notes\"]\n[user.inject]\nuserId = \"subject\"\n")
        .write("convex/schema.ts", "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\nexport default defineSchema({ notes: defineTable({ userId: v.string() }).index(\"by_user\", [\"userId\"]) });\n")
        .write("convex/notes.ts", notes);
    let started = Instant::now();
    let report = project.export(&[]);
    let took = started.elapsed();
    let functions = report["functions"].as_array().unwrap();
    let is_carried = functions.iter().filter(|f| f["is"] == "carried").count();
    assert_eq!(is_carried, carried, "{report}");
    took
}

/// Each took between half a minute and two minutes when it was the square; on a busy
/// machine it may take ten times the second or two that it takes.
#[test]
fn long_modules_are_exported_in_seconds() {
    let functions = (0..3_000).fold(HEAD.to_owned(), |mut text, i| {
        text.push_str(&function(&format!("list{i}"), ""));
        text
    });
    let empty = format!("{HEAD}{}{}\n", function("list", ""), ";".repeat(60_000));
    let mut effects = format!("{HEAD}const known: number[] = [];\n");
    for i in 0..20_000 {
        writeln!(effects, "known.push({i});").unwrap();
    }
    effects.push_str(&function("list", "void known;"));
    for (what, text, carried) in [
        ("3,000 functions", functions, 3_000),
        ("60,000 empty statements", empty, 1),
        ("20,000 statements that do something", effects, 1),
    ] {
        let took = export(&text, carried);
        assert!(took < Duration::from_secs(25), "{what} took {took:?}");
    }
}
