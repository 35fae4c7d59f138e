//! `byod export --main`: the users' records, for an app that has none.

use crate::support::Project;

fn with_tables(project: &Project) {
    project
        .replace(
            "convex/schema.ts",
            "import { v } from",
            "import { byodTables } from \"./byod/tables\";\nimport { v } from",
        )
        .replace(
            "convex/schema.ts",
            "defineSchema({",
            "defineSchema({\n  ...byodTables,",
        );
}

#[test]
fn an_app_gets_the_table_and_its_functions() {
    let project = Project::of("notes");
    let answer = project.byod(&["export", "--main"]);
    assert_eq!(answer.status, 0);
    assert!(
        answer.stdout.contains("to do in schema.ts"),
        "{}",
        answer.stdout
    );
    with_tables(&project);
    let report = project.byod(&["export", "--main", "--json"]).json();
    assert_eq!(report["written"].as_array().unwrap().len(), 0);
    assert_eq!(report["todo"].as_array().unwrap().len(), 0);
    // The caller is found as this app finds its users.
    let credentials = project.read("convex/byod/credentials.ts");
    assert!(credentials.contains("q.eq(\"tokenIdentifier\", identity.tokenIdentifier)"));

    let reading =
        byod_build::read_project(&project.root.join("convex"), &byod_build::Limits::default())
            .unwrap();
    assert!(reading.schema.value.table("userDatabaseConfig").is_some());
    for name in [
        "getConfigInternal",
        "getConfigs",
        "getConfig",
        "whoAmI",
        "disconnect",
        "createConfig",
        "updateConfig",
        "updateConfigs",
        "listConfigs",
        "resealConfig",
    ] {
        let path = byod_schema::FunctionPath::new("byod/credentials", name);
        assert!(reading.functions.contains_key(&path), "{name}");
    }
}

/// What some version of the tool has written gives way to what this one writes; what somebody
/// has edited since doesn't.
#[test]
fn what_it_wrote_itself_it_brings_up_to_date() {
    let project = Project::of("notes");
    let file = "convex/byod/credentials.ts";
    assert_eq!(project.byod(&["export", "--main"]).status, 0);
    with_tables(&project);
    // Another text is due, as of another version.
    project.replace("convex/schema.ts", "by_token", "by_identifier");
    assert!(!project.read(file).contains("by_identifier"));
    let report = project.byod(&["export", "--main", "--json"]).json();
    assert_eq!(
        report["written"],
        serde_json::json!(["byod/credentials.ts"])
    );
    let written = project.read(file);
    assert!(written.contains("by_identifier"));

    // Git gives it other ends of lines: nobody has edited it.
    project.write(file, &written.replace('\n', "\r\n"));
    project.replace("convex/schema.ts", "by_identifier", "by_token");
    assert_eq!(project.byod(&["export", "--main"]).status, 0);
    assert!(project.read(file).contains("by_token"));

    project.replace(file, "No secret leaves here.", "Ours.");
    project.replace("convex/schema.ts", "by_token", "by_identifier");
    let answer = project.byod(&["export", "--main"]);
    assert_eq!(answer.status, 1);
    assert!(
        answer
            .stdout
            .contains("kept, edited by hand: byod/credentials.ts")
            && answer.stdout.contains("--force"),
        "{}",
        answer.stdout
    );
    assert!(project.read(file).contains("Ours."));
    assert_eq!(project.byod(&["export", "--main", "--force"]).status, 0);
    assert_eq!(project.read(file), written);
}

#[test]
fn an_app_that_has_them_is_left_alone() {
    let project = Project::example();
    let before = project.read("convex/byod/credentials.ts");
    let answer = project.byod(&["export", "--main"]);
    assert!(
        answer.stdout.contains("nothing to change"),
        "{}",
        answer.stdout
    );
    assert_eq!(project.read("convex/byod/credentials.ts"), before);
}

#[test]
fn an_app_that_lacks_some_is_told_what_to_add() {
    let project = Project::example();
    let functions = project.read("convex/byod/credentials.ts");
    let (rest, rotation) = functions.split_once("/** A page of all").unwrap();
    project.write("convex/byod/credentials.ts", rest);
    let report = project.byod(&["export", "--main", "--json"]).json();
    let todo = report["todo"][0].as_str().unwrap();
    let (head, added) = todo.split_once("/** A page of all").unwrap();
    assert!(head.contains("byod/credentials.ts") && head.contains("paginationOptsValidator"));
    // The example names the table where it need not.
    assert_eq!(added, rotation.replace("\"userDatabaseConfig\", ", ""));
}

/// Who has edited the file may have roll-outs ask for many users at once, too.
#[test]
fn an_app_that_is_asked_for_each_user_is_told_what_to_add() {
    let project = Project::example();
    let file = "convex/byod/credentials.ts";
    let functions = project.read(file);
    let without = functions
        .replace("export const getConfigs", "const getConfigs")
        .replace("export const updateConfigs", "const updateConfigs");
    project.write(file, &without);
    let report = project.byod(&["export", "--main", "--json"]).json();
    let todo: Vec<&str> = report["todo"]
        .as_array()
        .unwrap()
        .iter()
        .map(|todo| todo.as_str().unwrap())
        .collect();
    let [changes, reads] = &todo[..] else {
        panic!("{todo:?}")
    };
    assert!(
        changes.contains("a roll-out writes what came of many users at once, with your validator"),
        "{changes}"
    );
    assert!(
        changes.contains("export const updateConfigs")
            && changes.contains("await noted(ctx, configId, config);")
    );
    assert!(
        reads.contains("a roll-out asks once for many users")
            && reads.contains("export const getConfigs"),
        "{reads}"
    );
    project.write(file, &functions);
    let report = project.byod(&["export", "--main", "--json"]).json();
    assert_eq!(report["todo"], serde_json::json!([]));
}

#[test]
fn an_app_whose_processes_hear_nothing_of_each_other_is_told_what_to_add() {
    let project = Project::example();
    let file = "convex/byod/credentials.ts";
    let functions = project.read(file);
    let (rest, changes) = functions.split_once("/**\n * Whose records").unwrap();
    let (changes, rotation) = changes.split_once("/** A page of all").unwrap();
    project.write(file, &format!("{rest}/** A page of all{rotation}"));
    let check = project.byod(&["check"]);
    assert!(check.stdout.contains("changedConfigs"), "{}", check.stdout);
    let report = project.byod(&["export", "--main", "--json"]).json();
    let todo = report["todo"][0].as_str().unwrap();
    assert!(todo.contains("byod/credentials.ts"), "{todo}");
    assert!(todo.trim_end().ends_with(changes.trim_end()), "{todo}");

    // Without an index it would be run again whenever any record changes.
    let index = "\n    .index(\"by_updated\", [\"updatedAt\"])";
    project.replace("convex/schema/byod.ts", index, "");
    let report = project.byod(&["export", "--main", "--json"]).json();
    let todo = report["todo"].to_string();
    assert!(
        todo.contains("on the table userDatabaseConfig") && todo.contains("by_updated"),
        "{todo}"
    );

    project.write(file, &functions);
    project.replace(
        "convex/schema/byod.ts",
        ".index(\"by_status\", [\"connectionStatus\"])",
        &format!(".index(\"by_status\", [\"connectionStatus\"]){index}"),
    );
    let check = project.byod(&["check"]);
    assert!(!check.stdout.contains("changedConfigs"), "{}", check.stdout);
}

/// What becomes of users' deployments is kept where main has tables for it: of a schema of the app's own, it is said what to
/// add, and until then all is as it was.
#[test]
fn an_app_that_keeps_no_history_is_told_what_to_add() {
    let project = Project::example();
    let (schema, file) = ("convex/schema/byod.ts", "convex/byod/credentials.ts");
    let (with_tables, functions) = (project.read(schema), project.read(file));
    project.replace(schema, "  ...byodFleetTables,\n", "");
    project.replace(
        schema,
        "import { byodFleetTables } from \"../byod/fleet\";\n",
        "",
    );
    let without = functions
        .replace("import { noted } from \"./history\";\n", "")
        .replace("      await noted(ctx, config._id, config);\n", "")
        .replace("    await noted(ctx, configId, null);\n", "")
        .replace("  await noted(ctx, configId, config);\n", "");
    assert!(!without.contains("noted"));
    project.write(file, &without);
    project.remove("convex/byod/history.ts");
    project.remove("convex/byod/fleet.ts");
    // Who has none yet misses nothing that worked.
    let check = project.byod(&["check"]);
    assert!(!check.stdout.contains("byod/history"), "{}", check.stdout);

    let todo = |project: &Project| {
        let report = project.byod(&["export", "--main", "--json"]).json();
        report["todo"].to_string()
    };
    let first = todo(&project);
    assert!(first.contains("...byodFleetTables"), "{first}");
    assert!(project.has("convex/byod/fleet.ts") && !project.has("convex/byod/history.ts"));
    project.write(schema, &with_tables);
    let then = todo(&project);
    assert!(
        then.contains("await noted(ctx, configId, before);"),
        "{then}"
    );
    assert!(project.has("convex/byod/history.ts"));
    project.write(file, &functions);
    assert_eq!(todo(&project), "[]");

    // What is there and older is a difference.
    project.write(
        "convex/byod/history.ts",
        "// Written by `byod export --main`.\n",
    );
    let check = project.byod(&["check"]);
    let said = "byod/history.ts is out of date, and the operator's page can't show";
    assert!(check.stdout.contains(said), "{}", check.stdout);
}

/// A record that was sealed anew must not look like one that was disconnected anew.
#[test]
fn an_app_that_gives_new_seals_a_new_time_is_told_to_change_that() {
    let project = Project::example();
    let file = "convex/byod/credentials.ts";
    let (before, after) = (
        "updatedAt: v.number(),\n  },\n  returns: v.boolean(),\n  handler: async (ctx, { configId, expectedAuthTags, ...sealed }) => {\n",
        "updatedAt: v.optional(v.number()),\n  },\n  returns: v.boolean(),\n  handler: async (ctx, { configId, expectedAuthTags, ...given }) => {\n    const { updatedAt: _, ...sealed } = given;\n",
    );
    project.replace(file, after, before);
    let report = project.byod(&["export", "--main", "--json"]).json();
    let todo = report["todo"][0].as_str().unwrap();
    assert!(
        todo.contains("resealConfig") && todo.contains("updatedAt: _"),
        "{todo}"
    );
    let check = project.byod(&["check"]);
    assert!(check.stdout.contains("resealConfig"), "{}", check.stdout);
    project.replace(file, before, after);
    let check = project.byod(&["check"]);
    assert!(!check.stdout.contains("resealConfig"), "{}", check.stdout);
}

#[test]
fn it_typechecks_and_is_formatted() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("notes");
    project.byod(&["export", "--main"]);
    with_tables(&project);
    // Only what was written, and what it needs: the rest wants packages of its own.
    for module in ["notes", "folders", "todos", "chat"] {
        project.remove(&format!("convex/{module}.ts"));
    }
    let generated = |name: &str| project.read(&format!("user/convex/{name}"));
    for name in [
        "tsconfig.json",
        "_generated/server.d.ts",
        "_generated/server.js",
        "_generated/dataModel.d.ts",
    ] {
        project.write(&format!("convex/{name}"), &generated(name));
    }
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &project.root).unwrap();
    crate::support::tool(
        &node,
        "prettier",
        &["--check", "convex/byod"],
        &project.root,
    )
    .unwrap();
}
