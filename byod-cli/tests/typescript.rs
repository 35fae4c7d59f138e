//! What is exported, before the real compiler, Prettier and Convex's test runtime.

use crate::support::Project;
use serde_json::json;

#[test]
fn it_typechecks_against_the_real_package_and_is_formatted() {
    let Some(node) = crate::support::node() else {
        return;
    };
    for (project, folder) in [(Project::example(), "byod"), (Project::of("notes"), "user")] {
        let root = project.root.join(folder);
        crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
        crate::support::tool(
            &node,
            "prettier",
            &["--check", "convex", "package.json"],
            &root,
        )
        .unwrap();
        // With what `byod export` writes into `_generated` itself, too.
        project.remove(&format!("{folder}/convex/_generated"));
        project.export(&[]);
        crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    }
}

/// Alice and Bob share a deployment here.
#[test]
fn whatever_main_does_a_user_reaches_their_own_documents_alone() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("notes");
    project.export_shared();
    let query = |path: &str, args| json!({"type": "query", "path": path, "args": args});
    let mutation = |path: &str, args| json!({"type": "mutation", "path": path, "args": args});
    let page = json!({"numItems": 9, "cursor": null});
    let results = crate::support::run(
        &node,
        &project.root.join("user/convex"),
        &json!([
            mutation("notes:create", json!({"userId": "alice", "title": "a", "kind": "text", "sharedWith": [], "createdAt": 5, "updatedAt": 5})),
            mutation("notes:create", json!({"userId": "bob", "title": "b", "kind": "text", "sharedWith": []})),
            {"insert": "folders", "document": {"userId": "bob", "name": "f", "updatedAt": 1}},
            // Main looks the caller up in each.
            query("notes:list", json!({"userId": "alice", "kind": "text"})),
            query("notes:list", json!({"userId": "alice", "kind": "list"})),
            query("notes:listPaginated", json!({"userId": "alice", "paginationOpts": page})),
            query("notes:getNote", json!({"userId": "alice", "noteId": "$1"})),
            mutation("notes:update", json!({"userId": "alice", "id": "$1", "title": "mine now"})),
            mutation("notes:edit", json!({"userId": "alice", "id": "$1", "patch": {"title": "mine now"}})),
            mutation("notes:remove", json!({"userId": "alice", "id": "$1"})),
            mutation("notes:update", json!({"userId": "alice", "id": "$0", "title": "new", "updatedAt": 9})),
            query("notes:getNote", json!({"userId": "alice", "noteId": "$0"})),
            // Carried over, from functions that ask nobody.
            query("notes:unguarded", json!({"userId": "alice", "id": "$1"})),
            query("notes:unguarded", json!({"userId": "bob", "id": "$1"})),
            {"type": "action", "path": "notes:titleOf", "args": {"userId": "alice", "id": "$1"}},
            {"type": "action", "path": "notes:titleOf", "args": {"userId": "bob", "id": "$1"}},
            query("folders:list", json!({"userId": "alice"})),
            mutation("folders:rename", json!({"userId": "alice", "id": "$2", "name": "g"})),
            mutation("folders:rename", json!({"userId": "bob", "id": "$2", "name": "g", "updatedAt": 9})),
            query("folders:list", json!({"userId": "bob"})),
            query("functions:ping", json!({})),
            query("folders:count", json!({"userId": "alice"})),
            query("folders:count", json!({"userId": "bob"})),
            mutation("folders:setName", json!({"userId": "alice", "id": "$2", "name": "h"})),
        ]),
    );
    let value = |i: usize| &results[i]["value"];
    let titles = |i: usize| -> Vec<&str> {
        let notes = value(i).as_array().unwrap().iter();
        notes.map(|note| note["title"].as_str().unwrap()).collect()
    };
    assert_eq!(titles(3), ["a"]);
    assert_eq!(titles(4), [""; 0]);
    assert_eq!(value(5)["page"].as_array().unwrap().len(), 1);
    assert_eq!(*value(6), json!(null));
    for i in [7, 8, 9] {
        assert_eq!(results[i]["data"]["code"], "not_found", "{}", results[i]);
    }
    let note = value(11);
    // Stamped with the service's time.
    assert_eq!(
        (
            &note["title"],
            &note["createdAt"],
            &note["updatedAt"],
            &note["userId"]
        ),
        (&json!("new"), &json!(5), &json!(9), &json!("alice"))
    );
    assert_eq!(*value(12), json!(null));
    assert_eq!(value(13)["title"], "b");
    assert_eq!(*value(14), json!(null));
    assert_eq!(*value(15), "b");
    assert_eq!(*value(16), json!([]));
    assert_eq!(results[17]["error"], "Not yours");
    assert_eq!(value(19)[0]["name"], "g");
    assert_eq!(value(19)[0]["updatedAt"], 9);
    assert_eq!(value(20)["status"], "ok");
    assert_eq!((value(21), value(22)), (&json!(0), &json!(1)));
    assert_eq!(results[23]["error"], "Not yours");
}
