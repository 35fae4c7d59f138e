//! Functions that count, limit and sum up in components: carried over where the package is
//! known, with the component; refused by the component's name otherwise.

use crate::support::Project;
use serde_json::{Value, json};

fn fate<'r>(report: &'r Value, function: &str) -> &'r Value {
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == function);
    found.unwrap_or_else(|| panic!("{function} is not in {functions:?}"))
}

fn reason<'r>(report: &'r Value, function: &str) -> &'r str {
    let fate = fate(report, function);
    fate["reason"].as_str().unwrap_or_else(|| panic!("{fate}"))
}

#[test]
fn the_component_comes_along_with_its_package_and_without_routes() {
    let project = Project::of("components");
    let report = project.export(&[]);
    for carried in ["notes:create", "notes:remove", "notes:countSince"] {
        assert_eq!(fate(&report, carried)["is"], "carried", "{report}");
    }
    assert_eq!(
        project.read("user/convex/convex.config.ts"),
        "// Written by `byod export`.\n\n\
         import aggregate from \"@convex-dev/aggregate/convex.config\";\n\
         import rateLimiter from \"@convex-dev/rate-limiter/convex.config.js\";\n\
         import { defineApp } from \"convex/server\";\n\n\
         const app = defineApp();\n\
         app.use(aggregate, { name: \"noteCounts\" });\n\
         app.use(rateLimiter, { name: \"rateLimiter\" });\n\n\
         export default app;\n"
    );
    let package: Value = serde_json::from_str(&project.read("user/package.json")).unwrap();
    assert_eq!(
        package["dependencies"],
        json!({
            "@convex-dev/aggregate": "0.3.1",
            "@convex-dev/rate-limiter": "^0.4.0",
            "convex": "1.48.0",
        })
    );
    // Written by a person, it is theirs: what it lacks is said.
    project.write("user/package.json", "{}");
    let notes = project.export(&[])["notes"].to_string();
    assert!(
        notes.contains("functions need `@convex-dev/aggregate`"),
        "{notes}"
    );
}

#[test]
fn on_the_users_deployment_it_counts_what_is_there() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("components");
    project.export(&[]);
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    crate::support::tool(
        &node,
        "prettier",
        &["--check", "convex", "package.json"],
        &root,
    )
    .unwrap();
    let create = |at: u32| {
        let args = json!({"userId": "alice", "text": "a", "createdAt": at});
        json!({"type": "mutation", "path": "notes:create", "args": args})
    };
    let count = json!({
        "type": "query", "path": "notes:countSince", "args": {"userId": "alice", "since": 2}
    });
    let results = crate::support::run(
        &node,
        &project.root.join("user/convex"),
        &json!([
            crate::support::claim("alice"),
            create(1),
            create(2),
            create(3),
            count,
            {"type": "mutation", "path": "notes:remove", "args": {"userId": "alice", "id": "$3"}},
            count,
            // The fourth within a minute.
            create(4),
            count,
        ]),
    );
    let counts: Vec<&Value> = [4, 6, 8].map(|i| &results[i]["value"]).into();
    assert_eq!(counts, [&json!(2), &json!(1), &json!(1)], "{results:?}");
    assert_eq!(results[7]["data"]["kind"], "RateLimited", "{results:?}");
}

#[test]
fn one_that_is_not_known_is_refused_by_its_name() {
    let project = Project::of("components");
    let report = project.export(&[]);
    let told = reason(&report, "notes:clearLater");
    assert!(
        told.contains(
            "needs the component `workpool`, of `@convex-dev/workpool`, which byod doesn't know"
        ),
        "{told}"
    );
    // What is on main and what is with the user would be counted apart.
    let told = reason(&report, "notes:longest");
    assert!(
        told.contains(
            "needs the component `lengths`, and so does `site:longestOfAll`, which runs on main"
        ),
        "{told}"
    );
    project.replace("package.json", "\"0.3.1\"", "\">=0.3.1\"");
    let report = project.export(&[]);
    let told = reason(&report, "notes:countSince");
    assert!(
        told.contains("`@convex-dev/aggregate` at `>=0.3.1`"),
        "{told}"
    );
}

#[test]
fn where_users_share_a_deployment_there_are_none() {
    let project = Project::of("components");
    let report = project.export_shared();
    let told = reason(&report, "notes:countSince");
    assert!(
        told.contains("needs the component `noteCounts`, whose tables know no owner, and users share a deployment"),
        "{told}"
    );
    assert!(!project.has("user/convex/convex.config.ts"));
}
