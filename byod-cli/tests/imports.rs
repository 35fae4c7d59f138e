//! What main imports by the paths of its `tsconfig.json`, from outside of its Convex
//! folder, and by default exports, is carried over.

use crate::support::Project;
use serde_json::json;

#[test]
fn functions_come_with_what_they_import_wherever_it_is() {
    let project = Project::of("aliases");
    let report = project.export(&[]);
    let fate = |function: &str| {
        let functions = report["functions"].as_array().unwrap();
        let mut functions = functions.iter();
        functions
            .find(|f| f["function"] == function)
            .unwrap()
            .clone()
    };
    for function in ["logs:default", "logs:longest", "logs:add"] {
        assert_eq!(fate(function)["is"], "carried", "{}", fate(function));
    }
    let lost = fate("logs:lost");
    assert_eq!(lost["is"], "missing");
    let reason = lost["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("imports `gone` of `@/lib/gone`"),
        "{reason}"
    );

    let logs = project.read("user/convex/logs.ts");
    assert!(
        logs.contains("from \"./byod/app/src/lib/limits\";"),
        "{logs}"
    );
    assert!(logs.contains("export default ownerQuery({"), "{logs}");
    assert!(
        logs.contains("import fields from \"./lib/fields\";"),
        "{logs}"
    );
    assert_eq!(project.byod(&["export"]).status, 0);
    assert_eq!(project.export(&[])["written"], json!([]));
}

/// In a workspace, what lies outside of the app has a name by which it is found again.
#[test]
fn what_lies_elsewhere_in_the_workspace_keeps_its_path() {
    let project = Project::empty();
    project
        .write("package.json", "{ \"workspaces\": [\"packages/*\", \"apps/*\"] }\n")
        .write("apps/web/src/limits.ts", "export const LIMIT = 5;\n")
        .write(
            "packages/backend/byod.toml",
            "[main]\nconvex = \"convex\"\n\n[user]\nconvex = \"user/convex\"\ntables = [\"notes\"]\n\n[user.inject]\nuserId = \"subject\"\n",
        )
        .write(
            "packages/backend/convex/schema.ts",
            "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\nexport default defineSchema({ notes: defineTable({ userId: v.string() }) });\n",
        )
        .write(
            "packages/backend/convex/feed.ts",
            "import { query } from \"./_generated/server\";\nimport { LIMIT } from \"../../../apps/web/src/limits\";\nexport const list = query({\n  handler: async (ctx) => await ctx.db.query(\"notes\").take(LIMIT),\n});\n",
        );
    let answer = project.byod(&["export", "--config", "packages/backend/byod.toml"]);
    assert_eq!(answer.status, 0, "{}{}", answer.stdout, answer.stderr);
    let feed = project.read("packages/backend/user/convex/feed.ts");
    let import = "from \"./byod/workspace/apps/web/src/limits\";";
    assert!(feed.contains(import), "{feed}");
    // It takes nothing, and says so there.
    assert!(
        feed.contains("ownerQuery({\n  args: {},\n  handler"),
        "{feed}"
    );
}

#[test]
fn they_typecheck_and_run() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("aliases");
    project.export_shared();
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    let calls = json!([
        {"type": "mutation", "path": "logs:add", "args": {"userId": "alice", "text": " hi "}},
        {"type": "query", "path": "logs:longest", "args": {"userId": "alice"}},
        {"type": "query", "path": "logs:default", "args": {"userId": "alice"}},
        {"type": "query", "path": "logs:default", "args": {"userId": "bob"}},
    ]);
    let results = crate::support::run(&node, &root.join("convex"), &calls);
    assert_eq!(results[1]["value"], 2, "{results:?}");
    assert_eq!(results[2]["value"][0]["text"], "HI", "{results:?}");
    assert_eq!(results[3]["value"], json!([]), "{results:?}");
}
