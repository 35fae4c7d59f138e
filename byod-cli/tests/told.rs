//! Who calls is told by byod where main does nothing but tell that. A check that is
//! hidden in the telling, in whatever way, is never left out.

use crate::support::Project;
use serde_json::json;

#[test]
fn a_check_is_never_left_out_however_it_is_written() {
    let project = Project::of("told");
    let report = project.export(&[]);
    let functions = report["functions"].as_array().unwrap();
    assert_eq!(functions.len(), 40);
    for function in functions {
        let name = function["function"].as_str().unwrap();
        let is = if name == "items:ok" {
            "carried"
        } else {
            "missing"
        };
        assert_eq!(function["is"], is, "{function}");
    }
    let Some(node) = crate::support::node() else {
        return;
    };
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
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

/// Main finds nobody without a mail address where it finds them by that.
#[test]
fn who_is_found_by_mail_may_be_asked_for_one() {
    let project = Project::of("told");
    project
        .replace(
            "convex/schema.ts",
            "sub: v.string()",
            "sub: v.string(), email: v.string()",
        )
        .replace(
            "convex/schema.ts",
            "}).index(\"by_sub\"",
            "}).index(\"by_mail\", [\"email\"]).index(\"by_sub\"",
        )
        .write(
            "convex/lib/callers.ts",
            &project.read("convex/lib/callers.ts").replace(
                "(\"by_sub\", (q) => q.eq(\"sub\", identity.subject))",
                "(\"by_mail\", (q) => q.eq(\"email\", identity.email!))",
            ),
        );
    let report = project.export(&[]);
    let functions = report["functions"].as_array().unwrap();
    let carried: Vec<&str> = functions
        .iter()
        .filter(|function| function["is"] == "carried")
        .map(|function| function["function"].as_str().unwrap())
        .collect();
    let expected = [
        "items:ok",
        "items:t19",
        "items:t20",
        "items:t21",
        "items:t22",
        "items:t25",
        "items:t27",
    ];
    assert_eq!(carried, expected, "{functions:?}");
}
