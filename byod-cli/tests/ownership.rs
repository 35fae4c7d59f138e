//! Alice and Bob share a deployment, and main's functions trust their callers in
//! every way: what is exported still keeps each to their own documents.

use crate::support::Project;
use crate::support::story::{Expected, Story};
use serde_json::{Value, json};

use Expected::{Fails, PageOf, Refused, Titles, Value as Gives};

/// A page of each: `a1` and `a2` are Alice's, `b` is Bob's, `nobody's` was there before.
fn pages(story: &mut Story) -> [String; 4] {
    let page =
        |title: &str, x: f64| json!({"title": title, "text": "same words", "embedding": [x, 1.0]});
    let nobodys = story.insert("pages", page("nobody's", 0.0));
    [
        story.run("alice", "mutation", "pages:add", page("a1", 0.1)),
        story.run("alice", "mutation", "pages:add", page("a2", 0.2)),
        story.run("bob", "mutation", "pages:add", page("b", 0.3)),
        nobodys,
    ]
}

#[test]
fn a_document_that_names_no_owner_is_its_writers() {
    let mut story = Story::default();
    let [a1, ..] = pages(&mut story);
    story.query("alice", "pages:all", json!({}), Titles(vec!["a1", "a2"]));
    story.query("bob", "pages:all", json!({}), Titles(vec!["b"]));
    story.query("alice", "pages:ofNobody", json!({}), Titles(vec![]));

    // It can't be given away, nor left to everybody.
    for to in [json!({"id": a1, "to": "bob"}), json!({"id": a1})] {
        story.mutation("alice", "pages:give", to, Refused("wrong_owner"));
    }
    for of in [
        json!({"id": a1, "title": "t", "of": "bob"}),
        json!({"id": a1, "title": "t"}),
    ] {
        story.mutation("alice", "pages:put", of, Refused("wrong_owner"));
    }
    let page = json!({"title": "forged", "text": "", "of": "bob"});
    story.mutation("alice", "pages:addFor", page, Refused("wrong_owner"));
    story.mutation(
        "alice",
        "pages:put",
        json!({"id": a1, "title": "a1", "of": "alice"}),
        Gives(json!(null)),
    );
    story.query("alice", "pages:all", json!({}), Titles(vec!["a1", "a2"]));

    // Also where main says so by null, or in one kind of document alone.
    story.run("alice", "mutation", "cards:create", json!({"text": "card"}));
    story.query("alice", "cards:all", json!({}), Titles(vec!["card"]));
    story.query("bob", "cards:all", json!({}), Titles(vec![]));
    story.query("bob", "cards:list", json!({}), Titles(vec![]));
    story.run("alice", "mutation", "shapes:circle", json!({}));
    story.query("bob", "shapes:all", json!({}), Titles(vec![]));
    // The kind that may be nobody's on main.
    story.run("alice", "mutation", "shapes:square", json!({}));
    story.query("bob", "shapes:all", json!({}), Titles(vec![]));
    story.run("alice", "mutation", "anything:put", json!({"what": 7}));
    story.query("bob", "anything:all", json!({}), Titles(vec![]));
    story.check();
}

#[test]
fn no_way_leads_to_anothers_document() {
    let mut story = Story::default();
    let [a1, _, b, nobodys] = pages(&mut story);
    for path in ["read", "readByTable", "readAnyId", "readByHelper"] {
        let path = format!("pages:{path}");
        for id in [&b, &nobodys] {
            story.query("alice", &path, json!({"id": id}), Gives(json!(null)));
        }
    }
    story.query(
        "alice",
        "pages:readAnyId",
        json!({"id": "no id at all"}),
        Gives(json!(null)),
    );
    story.query("alice", "pages:each", json!({}), Titles(vec!["a1", "a2"]));
    story.query(
        "alice",
        "pages:byOwner",
        json!({"of": "bob"}),
        Titles(vec![]),
    );
    story.query(
        "alice",
        "pages:byOwner",
        json!({"of": "alice"}),
        Titles(vec!["a1", "a2"]),
    );
    story.query(
        "alice",
        "pages:first",
        json!({"title": "b"}),
        Gives(json!(null)),
    );
    story.query(
        "alice",
        "pages:search",
        json!({"words": "same"}),
        Titles(vec!["a1", "a2"]),
    );
    story.query(
        "alice",
        "pages:search",
        json!({"words": "same", "of": "bob"}),
        Titles(vec![]),
    );

    for path in ["change", "changeByTable"] {
        let path = format!("pages:{path}");
        for id in [&b, &nobodys] {
            let args = json!({"id": id, "title": "mine"});
            story.mutation("alice", &path, args, Refused("not_found"));
        }
    }
    story.mutation(
        "alice",
        "pages:give",
        json!({"id": b, "to": "alice"}),
        Refused("not_found"),
    );
    let mine = json!({"id": b, "title": "mine", "of": "alice"});
    story.mutation("alice", "pages:put", mine, Refused("not_found"));
    story.mutation(
        "alice",
        "pages:drop",
        json!({"id": b}),
        Refused("not_found"),
    );

    story.query("bob", "pages:all", json!({}), Titles(vec!["b"]));
    story.mutation("alice", "pages:drop", json!({"id": a1}), Gives(json!(null)));
    story.check();
}

#[test]
fn a_cursor_of_anothers_pages_gives_ones_own() {
    let mut story = Story::default();
    pages(&mut story);
    let page = |cursor: Value| json!({"paginationOpts": {"numItems": 1, "cursor": cursor}});
    // The newest first: that is Bob's.
    let bobs = story.run("bob", "query", "pages:byPage", page(json!(null)));
    story.query("bob", "pages:byPage", page(json!(null)), PageOf(vec!["b"]));
    let cursor = json!(format!("{bobs}.continueCursor"));
    story.query("alice", "pages:byPage", page(cursor), PageOf(vec!["a2"]));
    story.check();
}

#[test]
fn a_function_passes_no_other_owner_on() {
    let mut story = Story::default();
    let [a1, _, b, _] = pages(&mut story);
    let of = |id: &str, friend: &str| json!({"id": id, "friend": friend});
    story.query(
        "alice",
        "pages:readAs",
        of(&b, "bob"),
        Refused("wrong_owner"),
    );
    story.query("alice", "pages:readAs", of(&b, "alice"), Gives(json!(null)));
    story.mutation(
        "alice",
        "pages:changeAs",
        of(&b, "alice"),
        Refused("not_found"),
    );
    for (kind, path) in [
        ("action", "pages:readAsInAction"),
        ("mutation", "pages:changeAs"),
        ("action", "pages:changeAsInAction"),
        ("mutation", "pages:renameLater"),
    ] {
        let args = match path {
            "pages:renameLater" => json!({"friend": "bob"}),
            _ => of(&a1, "bob"),
        };
        story.run("alice", kind, path, args);
        story.expect(Refused("wrong_owner"));
    }
    let path = "pages:changeAsInAction";
    story.action("alice", path, of(&b, "alice"), Refused("not_found"));
    story.action("alice", path, of(&a1, "alice"), Gives(json!(null)));
    let titles = Titles(vec!["a2", "theirs"]);
    story.query("alice", "pages:all", json!({}), titles);

    let later = json!({"friend": "alice"});
    story.run("alice", "mutation", "pages:renameLater", later);
    story.wait();
    let titles = Titles(vec!["renamed", "renamed"]);
    story.query("alice", "pages:all", json!({}), titles);
    story.query("bob", "pages:all", json!({}), Titles(vec!["b"]));
    story.check();
}

#[test]
fn vectors_files_and_jobs_of_others_are_out_of_reach() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("careless");
    project.export(&[]);
    let mut story = Story::default();
    let [a1, a2, b, _] = pages(&mut story);
    story.run(
        "alice",
        "action",
        "pages:nearest",
        json!({"embedding": [0.3, 1.0]}),
    );
    let nearest = story.calls.len() - 1;
    let job = story.run(
        "bob",
        "mutation",
        "pages:renameLater",
        json!({"friend": "bob"}),
    );
    story.query("alice", "pages:job", json!({"id": job}), Gives(json!(null)));
    story.query(
        "alice",
        "pages:jobs",
        json!({}),
        Fails("System tables can't be listed"),
    );
    story.mutation(
        "alice",
        "pages:stop",
        json!({"id": job}),
        Refused("not_found"),
    );
    story.mutation("bob", "pages:stop", json!({"id": job}), Gives(json!(null)));
    story.wait();
    story.query("bob", "pages:all", json!({}), Titles(vec!["b"]));

    let convex = project.root.join("user/convex");
    let results = crate::support::run(&node, &convex, &json!(story.calls));
    let id = |name: &str| results[name[1..].parse::<usize>().unwrap()]["value"].clone();
    let found = results[nearest]["value"].as_array().unwrap();
    let mut found: Vec<Value> = found.iter().map(|hit| hit["_id"].clone()).collect();
    found.sort_by_key(Value::to_string);
    let mut own = [id(&a1), id(&a2)];
    own.sort_by_key(Value::to_string);
    assert_eq!(found, own);
    assert!(!found.contains(&id(&b)));
    story.check();
}

#[test]
fn the_export_and_the_check_say_what_is_shared() {
    let project = Project::of("careless");
    let report = project.export(&[]);
    let functions = report["functions"].as_array().unwrap();
    assert!(
        functions.iter().all(|f| f["is"] == "carried"),
        "{functions:?}"
    );
    let notes = report["notes"].to_string();
    for table in ["pages", "cards", "shapes", "anything"] {
        let note = format!("documents of `{table}` may lack `userId` on main");
        assert!(notes.contains(&note), "{notes}");
    }
    let files = "files have no owner: who knows the id of one reaches it by `pages:fileOf`";
    assert!(notes.contains(files), "{notes}");
    assert!(!notes.contains("`tags`"), "everybody's on purpose: {notes}");
    let check = project.byod(&["check"]);
    assert_eq!(check.status, 0, "{}", check.stdout);

    // Where each has a deployment of their own, nobody is another's neighbour.
    project.replace(
        "byod.toml",
        "deployments = \"shared\"\ncommon = [\"tags\"]\n",
        "",
    );
    let report = project.export(&[]);
    let notes = report["notes"].to_string();
    assert!(
        !notes.contains(files) && !notes.contains("`tags`"),
        "{notes}"
    );
    assert_eq!(project.byod(&["check"]).status, 0);
}

#[test]
fn it_typechecks() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("careless");
    project.export(&[]);
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    crate::support::tool(
        &node,
        "prettier",
        &["--check", "convex/byod", "convex/schema.ts"],
        &root,
    )
    .unwrap();
}
