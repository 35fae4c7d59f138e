//! Who calls is told by byod where main does nothing but tell that. A check that is
//! hidden in the telling, in whatever way, is never left out.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use serde_json::json;
use support::Project;

#[test]
fn a_check_is_never_left_out_however_it_is_written() {
    let project = Project::of("told");
    let report = project.export(&[]);
    let functions = report["functions"].as_array().unwrap();
    assert_eq!(functions.len(), 30);
    for function in functions {
        let name = function["function"].as_str().unwrap();
        let is = if name == "items:ok" {
            "carried"
        } else {
            "missing"
        };
        assert_eq!(function["is"], is, "{function}");
    }
    let Some(node) = support::node() else { return };
    let root = project.root.join("user");
    support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
}

/// Taken away, the check is no reason any more.
#[test]
fn without_the_check_the_same_is_carried_over() {
    let project = Project::of("told");
    let callers = project.read("convex/lib/callers.ts");
    let plain = callers.replace("user === null || user.banned", "user === null");
    assert_ne!(plain, callers);
    project.write("convex/lib/callers.ts", &plain);
    let report = project.export(&[]);
    let functions = report["functions"].as_array().unwrap();
    let found = functions.iter().find(|f| f["function"] == "items:t");
    assert_eq!(found.unwrap()["is"], "carried", "{found:?}");
    assert_eq!(
        report["stubs"],
        json!([
            "`me` of `lib/callers.ts` answers with `{ _id: ctx.owner }`",
            "`me0` of `lib/callers.ts` answers with `{ _id: ctx.owner }`",
        ])
    );
}
