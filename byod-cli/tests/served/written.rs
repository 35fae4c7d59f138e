//! What `byod` writes into main, and what it says of main's actions.

use serde_json::{Value as Json, json};

use super::world::exported;
use crate::support::{self, Project};

fn function<'a>(report: &'a Json, name: &str) -> &'a Json {
    let mut functions = report["functions"].as_array().unwrap().iter();
    functions.find(|f| f["function"] == name).unwrap()
}

#[test]
fn actions_by_these_builders_run_on_main_where_all_that_they_ask_for_is_somewhere() {
    let project = exported();
    let report = project.byod(&["check", "--json"]).json();
    for name in ["answer", "careless", "copy", "meddle", "similar"] {
        let function = function(&report, &format!("assistant:{name}"));
        assert_eq!(function["runs"], "main", "{function}");
        assert_eq!(function["seesNoConnected"], false, "{function}");
    }
    let publish = function(&report, "assistant:publish");
    assert_eq!(publish["refusal"], "action", "{publish}");
    let reason = publish["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("asks for `notes:publish`: that reads `counters`"),
        "{reason}"
    );
    // Convex's own builder keeps all on main.
    let plain = function(&report, "plain:all");
    assert_eq!(plain["refusal"], "action", "{plain}");
    let reason = plain["reason"].as_str().unwrap();
    assert!(
        reason.contains("import its builder from `./byod/server` in `plain.ts`"),
        "{reason}"
    );
    assert_eq!(
        report["builders"],
        json!([{
            "module": "plain", "from": "./_generated/server", "to": "./byod/server",
            "functions": ["plain:all"],
        }])
    );
    let shown = project.byod(&["check"]).stdout;
    assert!(
        shown.contains("in plain.ts, import from \"./byod/server\""),
        "{shown}"
    );
}

/// Mutations that schedule such an action are no less about users' tables for it.
#[test]
fn what_schedules_them_without_saying_who_calls_is_not_left_on_main() {
    let project = exported();
    let report = project.byod(&["check", "--json"]).json();
    let forward = function(&report, "summaries:forward");
    assert_ne!(forward["runs"], "main", "{forward}");
}

#[test]
fn mains_table_of_routes_is_written_anew_and_found_out_of_date() {
    let project = exported();
    let routes = "convex/byod/routes.ts";
    let text = project.read(routes);
    assert!(
        text.contains("\"notes:append\": { kind: \"mutation\", give: { once: \"idempotency-key\", userId: \"subject\" } },")
            || text.contains("\"notes:append\": {"),
        "{text}"
    );
    let is_up_to_date = |project: &Project| {
        let report = project.byod(&["check", "--json"]).json();
        let mut differences = report["differences"].as_array().unwrap().iter();
        !differences.any(|text| text.as_str().unwrap().contains("byod/routes.ts"))
    };
    assert!(is_up_to_date(&project));
    project.replace(routes, "\"counters:add\"", "\"counters:sub\"");
    assert!(!is_up_to_date(&project));
    project.export(&[]);
    assert!(is_up_to_date(&project));
    assert_eq!(project.read(routes), text);
    // Nothing else is written then.
    let again = project.export(&[]);
    assert_eq!(again["mainRoutesChanged"], false);
    assert_eq!(again["functionsChanged"], false);
}

#[test]
fn both_sides_typecheck_and_are_formatted() {
    let Some(node) = support::node() else { return };
    let project = exported();
    for name in [
        "tsconfig.json",
        "_generated/server.d.ts",
        "_generated/server.js",
        "_generated/dataModel.d.ts",
        "_generated/api.d.ts",
        "_generated/api.js",
    ] {
        let text = project.read(&format!("user/convex/{name}"));
        project.write(&format!("convex/{name}"), &text);
    }
    project.write("convex/_generated/api.d.ts", API);
    // It wants the types of Node.
    project.remove("convex/auth.config.ts");
    for folder in ["convex", "user/convex"] {
        support::tool(&node, "tsc", &["--noEmit", "-p", folder], &project.root).unwrap();
        let byod = format!("{folder}/byod");
        support::tool(&node, "prettier", &["--check", &byod], &project.root).unwrap();
    }
}

/// As `npx convex codegen` writes it for the app.
const API: &str = r#"import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";
import type * as assistant from "../assistant.js";
import type * as byod_routing from "../byod/routing.js";
import type * as counters from "../counters.js";
import type * as files from "../files.js";
import type * as notes from "../notes.js";
import type * as summaries from "../summaries.js";
import type * as users from "../users.js";

declare const fullApi: ApiFromModules<{
  assistant: typeof assistant;
  "byod/routing": typeof byod_routing;
  counters: typeof counters;
  files: typeof files;
  notes: typeof notes;
  summaries: typeof summaries;
  users: typeof users;
}>;
export declare const api: FilterApi<typeof fullApi, FunctionReference<any, "public">>;
export declare const internal: FilterApi<typeof fullApi, FunctionReference<any, "internal">>;
export declare const components: {};
"#;
