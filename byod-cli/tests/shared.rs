//! Several users on one deployment, by `deployments = "shared"`: every table has an
//! owner, by a field or by its parent's, or is everybody's on purpose; and no other
//! table can be reached.

use crate::support::Project;
use crate::support::story::Expected::{Fails, PageOf, Refused, Titles, Value as Gives};
use crate::support::story::Story;
use serde_json::{Value, json};

/// What Alice and Bob have of each.
struct Both {
    alices: [String; 3],
    bobs: [String; 3],
}

/// A conversation, two messages in it, and a reaction, of each of them.
fn stored(story: &mut Story) -> Both {
    let mut of = |user: &str| {
        let conversation = json!({"title": format!("{user}'s")});
        let conversation = story.run(user, "mutation", "conversations:create", conversation);
        let mut message = |n: u8, x: f64| {
            let text = format!("{user}'s words {n}");
            let args = json!({"conversationId": conversation, "text": text, "embedding": [x, 1.0]});
            story.run(user, "mutation", "messages:write", args)
        };
        // Bob's are nearest to what is searched.
        let near = if user == "bob" { 0.0 } else { 0.5 };
        let first = message(1, near);
        message(2, near + 0.1);
        let reaction = json!({"messageId": first, "kind": format!("{user}'s smile")});
        let reaction = story.run(user, "mutation", "reactions:add", reaction);
        [conversation, first, reaction]
    };
    Both {
        alices: of("alice"),
        bobs: of("bob"),
    }
}

#[test]
fn a_child_is_whose_its_parent_is() {
    let mut story = Story::of("shared");
    let both = stored(&mut story);
    let [conversation, message, reaction] = &both.bobs;
    for path in ["messages:byTable", "reactions:get", "docs:getAny"] {
        let id = if path == "reactions:get" {
            reaction
        } else {
            message
        };
        story.query("alice", path, json!({"id": id}), Gives(json!(null)));
    }
    let words = || Titles(vec!["alice's words 1", "alice's words 2"]);
    story.query("alice", "messages:collected", json!({}), words());
    story.query("alice", "messages:each", json!({}), words());
    story.query("alice", "messages:taken", json!({"n": 9}), words());
    story.query("alice", "messages:taken", json!({"n": 0}), Titles(vec![]));
    // Bob's are the newest: it reads on until it has as many as it is to have.
    story.query(
        "alice",
        "messages:taken",
        json!({"n": 1}),
        Titles(vec!["alice's words 2"]),
    );
    story.query("alice", "messages:counted", json!({}), Gives(json!(2)));
    story.query(
        "alice",
        "reactions:all",
        json!({}),
        Titles(vec!["alice's smile"]),
    );
    for path in ["messages:firstOf", "messages:uniqueOf"] {
        let theirs = json!({"text": "bob's words 1"});
        story.query("alice", path, theirs.clone(), Gives(json!(null)));
        story.run("bob", "query", path, theirs);
        story.expect(Titles(vec!["bob's words 1"]));
    }
    let text = json!({"text": "bob's words 1"});
    story.query("alice", "messages:filtered", text, Titles(vec![]));
    let page = json!({"paginationOpts": {"numItems": 9, "cursor": null}});
    story.query(
        "alice",
        "messages:byPage",
        page,
        PageOf(vec!["alice's words 1", "alice's words 2"]),
    );

    // Nothing gets under a neighbour's parent, and nothing out of it.
    let mine = &both.alices;
    let planted = json!({"conversationId": conversation, "text": "planted"});
    story.mutation("alice", "messages:write", planted, Refused("wrong_owner"));
    let moved = json!({"id": mine[1], "conversationId": conversation});
    story.mutation("alice", "messages:move", moved, Refused("wrong_owner"));
    let stolen = json!({"id": message, "conversationId": mine[0]});
    story.mutation("alice", "messages:move", stolen, Refused("not_found"));
    for to in [json!(message), json!(null)] {
        let planted = json!({"messageId": to, "kind": "planted"});
        story.mutation("alice", "reactions:add", planted, Refused("wrong_owner"));
        let moved = json!({"id": mine[2], "messageId": to});
        story.mutation("alice", "reactions:move", moved, Refused("wrong_owner"));
        let put = json!({"id": mine[2], "messageId": to, "kind": "moved"});
        story.mutation("alice", "reactions:put", put, Refused("wrong_owner"));
    }
    story.mutation(
        "alice",
        "messages:eraseByTable",
        json!({"id": message}),
        Refused("not_found"),
    );
    story.mutation(
        "alice",
        "reactions:move",
        json!({"id": mine[2], "messageId": mine[1]}),
        Gives(json!(null)),
    );
    story.query(
        "bob",
        "messages:collected",
        json!({}),
        Titles(vec!["bob's words 1", "bob's words 2"]),
    );
    story.query(
        "bob",
        "reactions:all",
        json!({}),
        Titles(vec!["bob's smile"]),
    );
    story.check();
}

#[test]
fn a_parent_goes_after_its_children() {
    let mut story = Story::of("shared");
    let both = stored(&mut story);
    let id = |name: &str| json!({"id": name});
    let drop = id(&both.bobs[0]);
    let path = "conversations:drop";
    story.mutation("alice", path, drop.clone(), Refused("not_found"));
    story.mutation("bob", path, drop.clone(), Refused("has_children"));
    // By an index, and without one.
    let message = id(&both.bobs[1]);
    story.mutation("bob", "messages:erase", message, Refused("has_children"));
    // A mutation that is refused does nothing.
    let all = |at_once: bool| json!({"id": both.bobs[0], "atOnce": at_once});
    let path = "conversations:dropAll";
    story.mutation("bob", path, all(true), Refused("has_children"));
    let words = Titles(vec!["bob's words 1", "bob's words 2"]);
    story.query("bob", "messages:collected", json!({}), words);
    story.query(
        "bob",
        "reactions:all",
        json!({}),
        Titles(vec!["bob's smile"]),
    );
    story.mutation("bob", path, all(false), Gives(json!(null)));
    story.query("bob", "conversations:list", json!({}), Titles(vec![]));
    story.query("bob", "messages:collected", json!({}), Titles(vec![]));
    story.query("alice", "messages:counted", json!({}), Gives(json!(2)));
    // One without children goes at once.
    let empty = story.run(
        "bob",
        "mutation",
        "conversations:create",
        json!({"title": "e"}),
    );
    story.mutation("bob", "conversations:drop", id(&empty), Gives(json!(null)));
    story.check();
}

/// Where somebody deleted the parent past all functions.
#[test]
fn a_child_whose_parent_is_gone_is_nobodys() {
    let mut story = Story::of("shared");
    let both = stored(&mut story);
    story.calls.push(json!({"remove": both.bobs[0]}));
    for user in ["alice", "bob"] {
        let message = json!({"id": both.bobs[1]});
        story.query(user, "messages:byTable", message, Gives(json!(null)));
        let reaction = json!({"id": both.bobs[2]});
        story.query(user, "reactions:get", reaction, Gives(json!(null)));
    }
    story.query("bob", "messages:collected", json!({}), Titles(vec![]));
    story.query("bob", "reactions:all", json!({}), Titles(vec![]));
    story.check();
}

/// As Convex does what it is asked.
#[test]
fn what_is_not_awaited_is_done_in_its_turn() {
    let mut story = Story::of("shared");
    let both = stored(&mut story);
    let args = |text: &str| json!({"conversationId": both.alices[0], "text": text});
    let (one, two) = ("alice's words 1", "alice's words 2");
    let seen = json!({
        "before": [one, two],
        "after": [one, two, "new"],
        "counted": 3,
        "patched": "patched",
        "one": "patched",
        "gone": null,
        "left": [one, two],
    });
    story.mutation("alice", "messages:hurried", args("new"), Gives(seen));
    story.mutation(
        "alice",
        "messages:forgetful",
        args("late"),
        Gives(json!(null)),
    );
    let words = Titles(vec![one, two, "late"]);
    story.query("alice", "messages:collected", json!({}), words);
    story.check();
}

#[test]
fn an_owner_deeper_in_a_document_is_its_owner() {
    let mut story = Story::of("shared");
    let pref = story.run("bob", "mutation", "prefs:put", json!({"value": "bob's"}));
    story.query("bob", "prefs:list", json!({}), Titles(vec!["bob's"]));
    story.query("alice", "prefs:list", json!({}), Titles(vec![]));
    story.query(
        "alice",
        "docs:getAny",
        json!({"id": pref}),
        Gives(json!(null)),
    );
    for owner in [json!({"userId": "bob"}), json!({})] {
        let forged = json!({"table": "prefs", "value": {"value": "x", "owner": owner}});
        story.mutation("alice", "docs:insertInto", forged, Refused("wrong_owner"));
    }
    let given = json!({"id": pref, "changes": {"owner": {"userId": "alice"}}});
    story.mutation("bob", "docs:patchAny", given, Refused("wrong_owner"));
    // What is stored is what the document was when it was given.
    let later = json!({"value": "alice's", "later": "bob"});
    story.run("alice", "mutation", "prefs:putLater", later);
    story.query("bob", "prefs:list", json!({}), Titles(vec!["bob's"]));
    story.query("alice", "prefs:list", json!({}), Titles(vec!["alice's"]));
    story.check();
}

#[test]
fn what_convex_does_not_look_at_opens_nothing() {
    let mut story = Story::of("shared");
    let doc = |who: &str| json!({"title": who, "text": "words", "n": 1.0});
    let hers = story.run("alice", "mutation", "docs:add", doc("alice's"));
    let his = story.run("bob", "mutation", "docs:add", doc("bob's"));
    let both = json!({"ids": [his, hers]});
    story.mutation("alice", "docs:eraseMany", both, Refused("not_found"));
    story.query("bob", "docs:unfiltered", json!({}), Titles(vec!["bob's"]));
    story.query(
        "alice",
        "docs:unfiltered",
        json!({}),
        Titles(vec!["alice's"]),
    );
    story.mutation(
        "alice",
        "docs:eraseMany",
        json!({"ids": [hers, his]}),
        Gives(json!(null)),
    );
    story.query("bob", "docs:unfiltered", json!({}), Titles(vec!["bob's"]));
    story.query("alice", "docs:unfiltered", json!({}), Titles(vec![]));
    story.check();
}

#[test]
fn there_is_no_table_beside_those_of_the_users() {
    let mut story = Story::of("shared");
    let draft = story.insert("drafts", json!({"text": "bob's draft", "userId": "bob"}));
    let keys = json!({"owner": "bob", "key": "k", "function": "f", "args": "", "result": "bob's"});
    let key = story.insert("byodIdempotency", keys);
    let claim = story.insert(
        "byodOwner",
        json!({"subject": "bob", "user": "b", "since": 1}),
    );
    let tables = [
        "drafts",
        "byodIdempotency",
        "byodOwner",
        "docs.by_n",
        "toString",
    ];
    for (table, id) in tables.iter().zip([&draft, &key, &claim, &draft, &draft]) {
        let named = json!({"table": table});
        story.query("alice", "docs:anyTable", named, Refused("unknown_table"));
        let value = json!({"table": table, "value": {"text": "planted"}});
        story.mutation("alice", "docs:insertInto", value, Refused("unknown_table"));
        let named = json!({"table": table, "id": id});
        story.query("alice", "docs:normal", named, Gives(json!(null)));
        for path in ["docs:getAny", "docs:sysGet", "docs:draftById"] {
            story.query("alice", path, json!({"id": id}), Gives(json!(null)));
        }
        for table in ["_storage", "_scheduled_functions", table] {
            let named = json!({"id": id, "table": table});
            story.query("alice", "docs:system", named, Gives(json!(null)));
        }
        let patch = json!({"id": id, "changes": {"text": "mine"}});
        story.mutation("alice", "docs:patchAny", patch, Refused("not_found"));
        let put = json!({"id": id, "value": {"text": "mine"}});
        story.mutation("alice", "docs:replaceAny", put, Refused("not_found"));
        story.mutation(
            "alice",
            "docs:eraseDraft",
            json!({"id": id}),
            Refused("not_found"),
        );
    }
    for path in ["docs:drafts", "docs:draft"] {
        let (kind, args) = match path {
            "docs:draft" => ("mutation", json!({"text": "t"})),
            _ => ("query", json!({})),
        };
        story.run("alice", kind, path, args);
        story.expect(Refused("unknown_table"));
    }
    for table in ["_storage", "_scheduled_functions", "drafts"] {
        let named = json!({"table": table});
        story.query("alice", "docs:systemTable", named, Fails("can't be listed"));
    }
    story.check();
}

/// Documents with vectors: more of Bob's than one search finds at first, and nearer.
fn docs(story: &mut Story) -> Vec<String> {
    let mut add = |user: &str, title: &str, x: f64| {
        let doc = json!({"title": title, "text": "same words", "n": 1, "embedding": [x, 1.0]});
        story.run(user, "mutation", "docs:add", doc)
    };
    for i in 0..12 {
        add("bob", "bob's", f64::from(i) / 100.0);
    }
    vec![
        add("alice", "a1", 0.7),
        add("alice", "a2", 0.8),
        add("alice", "a3", 0.9),
    ]
}

#[test]
fn a_search_finds_ones_own_as_many_as_are_asked_for() {
    let mut story = Story::of("shared");
    let own = docs(&mut story);
    let words = json!({"words": "same"});
    story.query(
        "alice",
        "docs:search",
        words,
        Titles(vec!["a1", "a2", "a3"]),
    );
    let found = |n: u8| json!({"words": "same", "n": n});
    story.query(
        "alice",
        "docs:searchMine",
        found(2),
        Titles(vec!["a1", "a2"]),
    );
    for (of, titles) in [("alice", vec!["a1", "a2", "a3"]), ("bob", vec![])] {
        let of = json!({"words": "same", "n": 9, "of": of});
        story.query("alice", "docs:searchMine", of, Titles(titles));
    }

    let nearest = |index: &str, limit: u16, more: Value| {
        let mut args = json!({"index": index, "embedding": [0.0, 1.0], "limit": limit});
        for (name, value) in more.as_object().unwrap() {
            args[name] = value.clone();
        }
        args
    };
    let ids = |which: &[usize]| Gives(which.iter().map(|i| json!(own[*i])).collect());
    for index in ["nearest", "nearest_mine"] {
        let two = nearest(index, 2, json!({}));
        story.action("alice", "docs:nearestIds", two, ids(&[0, 1]));
        let all = nearest(index, 256, json!({}));
        story.action("alice", "docs:nearestIds", all, ids(&[0, 1, 2]));
    }
    let titles = nearest("nearest_mine", 9, json!({"titles": ["a3", "a1", "bob's"]}));
    story.action("alice", "docs:nearestIds", titles, ids(&[0, 2]));
    let of = |user: &str| nearest("nearest_mine", 9, json!({"of": user}));
    story.action("alice", "docs:nearestIds", of("bob"), ids(&[]));
    story.action("alice", "docs:nearestIds", of("alice"), ids(&[0, 1, 2]));
    story.check();
}

#[test]
fn a_search_among_children_finds_those_of_ones_own_parents() {
    let mut story = Story::of("shared");
    let both = stored(&mut story);
    let search = |n: u8| json!({"words": "alice's bob's", "n": n});
    story.query(
        "alice",
        "messages:search",
        search(1),
        Titles(vec!["alice's words 1"]),
    );
    story.query(
        "alice",
        "messages:search",
        search(9),
        Titles(vec!["alice's words 1", "alice's words 2"]),
    );
    let theirs = json!({"words": "bob's", "n": 9, "conversationId": both.bobs[0]});
    story.query("alice", "messages:search", theirs, Titles(vec![]));
    let nearest = json!({"embedding": [0.0, 1.0], "limit": 1});
    let own = json!([both.alices[1]]);
    story.action("alice", "messages:nearest", nearest, Gives(own));
    story.check();
}

/// A function that calls another's handler hands its own database on.
#[test]
fn a_handler_called_directly_serves_its_callers_owner() {
    let mut story = Story::of("shared");
    let doc = json!({"title": "bob's", "text": "", "n": 1});
    let id = story.run("bob", "mutation", "docs:add", doc);
    let of = |friend: &str| json!({"id": id, "friend": friend});
    story.query("alice", "docs:direct", of("bob"), Refused("wrong_owner"));
    story.query("alice", "docs:direct", of("alice"), Gives(json!(null)));
    let doc = json!({"title": "t", "text": "", "n": 1, "userId": "bob"});
    let forged = json!({"value": doc, "friend": "alice"});
    story.mutation("alice", "docs:directInsert", forged, Refused("wrong_owner"));
    let doc = json!({"title": "t", "text": "", "n": 1});
    let of_bob = json!({"value": doc, "friend": "bob"});
    story.mutation("alice", "docs:directInsert", of_bob, Refused("wrong_owner"));
    let own = json!({"value": doc, "friend": "alice"});
    story.run("alice", "mutation", "docs:directInsert", own);
    story.query("bob", "docs:search", json!({"words": "t"}), Titles(vec![]));
    // Titles are taken by one's own alone.
    story.run("alice", "mutation", "docs:claim", json!({"title": "bob's"}));
    story.mutation(
        "alice",
        "docs:claim",
        json!({"title": "bob's"}),
        Fails("taken"),
    );
    story.check();
}

#[test]
fn it_typechecks() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("shared");
    project.export(&[]);
    let root = project.root.join("user");
    crate::support::tool(&node, "tsc", &["--noEmit", "-p", "convex"], &root).unwrap();
    let written = ["--check", "convex/byod", "convex/schema.ts"];
    crate::support::tool(&node, "prettier", &written, &root).unwrap();
}
