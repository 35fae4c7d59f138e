//! What is wrong in `byod.toml` is told on one line each, with the line where it stands.

use crate::support::Project;

/// `check` and `export` end with status 2 and one line, which has each of the words.
fn is_told(project: &Project, words: &[&str]) {
    for command in ["check", "export"] {
        let answer = project.byod(&[command]);
        assert_eq!(answer.status, 2, "{}{}", answer.stdout, answer.stderr);
        let lines: Vec<&str> = answer.stderr.lines().collect();
        let [line] = &lines[..] else {
            panic!("{words:?}: {lines:?}");
        };
        assert!(line.starts_with("error: "), "{line}");
        for word in words {
            assert!(line.contains(word), "{word}: {line}");
        }
    }
}

#[test]
fn names_that_convex_refuses_are_refused() {
    let long = "x".repeat(65);
    for (name, reason) in [
        ("_id", "begins with `_`"),
        ("_x", "begins with `_`"),
        ("__proto__", "begins with `_`"),
        ("$x", "no ASCII letter"),
        ("", "is empty"),
        ("bücher", "no ASCII letter"),
        ("a\\nb", "no ASCII letter"),
        ("user-id", "no ASCII letter"),
        ("user id", "no ASCII letter"),
        ("1st", "begins with a digit"),
        (&long, "is longer than 64"),
    ] {
        let project = Project::of("notes");
        project.replace("byod.toml", "createdAt = ", &format!("\"{name}\" = "));
        is_told(&project, &["byod.toml:8: [user.inject]", reason]);
        let project = Project::of("notes");
        let owner = format!("[user.owner]\nnotes = \"{name}\"\n[user.inject]");
        project.replace("byod.toml", "[user.inject]", &owner);
        is_told(&project, &["byod.toml:7: `notes` in [user.owner]"]);
    }
    for (name, reason) in [
        ("_notes", "doesn't begin with a letter"),
        ("__proto__", "doesn't begin with a letter"),
        ("$x", "doesn't begin with a letter"),
        ("", "is empty"),
        ("notés", "no ASCII letter"),
        ("a b", "no ASCII letter"),
        (&long, "is longer than 64"),
    ] {
        let project = Project::of("notes");
        project.replace("byod.toml", "\"folders\"", &format!("\"{name}\""));
        is_told(&project, &["byod.toml:5: `user.tables`", reason]);
    }
    let project = Project::of("notes");
    project.replace("byod.toml", "tables =", "common = [\"_x\"]\ntables =");
    is_told(&project, &["byod.toml:5: `user.common`"]);
}

#[test]
fn each_error_is_one_line() {
    for (from, to, words) in [
        ("[main]", "[main", &["byod.toml:1: this is no TOML"][..]),
        (
            "[main]",
            "\"a\\nb\" = 1\n[main]",
            &["byod.toml:1: unknown key `a\\nb`"],
        ),
        (
            "convex = \"convex\"",
            "convex = \"a\\nb\"",
            &["a\\nb: no such folder"],
        ),
        (
            "convex = \"convex\"",
            "convex = \"\\u001b[31mred\"",
            &["no such folder"],
        ),
        (
            "\"subject\"",
            "\"nobody\"",
            &["byod.toml:7: `userId` in [user.inject]"],
        ),
        (
            "\"todos\"]",
            "\"todos\", \"lost\"]",
            &["byod.toml:5: ", "no table `lost`"],
        ),
    ] {
        let project = Project::of("notes");
        project.replace("byod.toml", from, to);
        is_told(&project, words);
    }
}

/// Of several users on one deployment, each table without an owner is a line of its own.
#[test]
fn several_errors_are_as_many_lines() {
    let project = Project::empty();
    project
        .write("byod.toml", "[main]\nconvex = \"convex\"\n[user]\ndeployments = \"shared\"\nconvex = \"user/convex\"\ntables = [\"a\", \"b\"]\n[user.inject]\nuserId = \"subject\"\n")
        .write("convex/schema.ts", "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\nexport default defineSchema({ a: defineTable({ x: v.string() }), b: defineTable({ x: v.string() }) });\n");
    let answer = project.byod(&["export"]);
    assert_eq!(answer.status, 2);
    let lines: Vec<&str> = answer.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        assert!(
            line.starts_with("error: byod.toml: nothing says whose"),
            "{line}"
        );
    }
}

/// Names that every object of JavaScript has are tables, fields, functions and modules
/// like others.
#[test]
fn names_of_every_object_are_names_like_others() {
    let project = Project::empty();
    let tables = ["constructor", "toString", "hasOwnProperty", "valueOf"];
    let mut schema = "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\nexport default defineSchema({\n".to_owned();
    for table in tables {
        schema.push_str(&format!("  {table}: defineTable({{ userId: v.string(), constructor: v.string(), toString: v.optional(v.id(\"constructor\")) }}).index(\"valueOf\", [\"userId\"]),\n"));
        project.write(
            &format!("convex/{table}.ts"),
            &format!("import {{ query }} from \"./_generated/server\";\nimport {{ v }} from \"convex/values\";\nexport const toString = query({{\n  args: {{ constructor: v.string() }},\n  handler: async (ctx, args) => {{\n    const identity = await ctx.auth.getUserIdentity();\n    if (identity === null) throw new Error(\"Not signed in\");\n    return await ctx.db.query(\"{table}\").withIndex(\"valueOf\", (q) => q.eq(\"userId\", identity.subject)).collect();\n  }},\n}});\n"),
        );
    }
    schema.push_str("});\n");
    let list = tables.map(|table| format!("\"{table}\"")).join(", ");
    project.write("convex/schema.ts", &schema).write(
        "byod.toml",
        &format!("[main]\nconvex = \"convex\"\n[user]\nconvex = \"user/convex\"\ntables = [{list}]\n[user.inject]\nuserId = \"subject\"\n"),
    );
    let report = project.export(&[]);
    let functions = report["functions"].as_array().unwrap();
    assert_eq!(functions.len(), tables.len(), "{report}");
    for function in functions {
        assert_eq!(function["is"], "carried", "{function}");
    }
    let answer = project.byod(&["check"]);
    assert_eq!(answer.status, 0, "{}{}", answer.stdout, answer.stderr);
    let Some(node) = crate::support::node() else {
        return;
    };
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
}
