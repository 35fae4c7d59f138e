//! Owners who are subjects on main, too, and functions that are told whose documents
//! are meant: by the argument that the service fills in, and by others.

use crate::support::Project;
use crate::support::story::Expected::{Fails, Refused, Titles, Value as Gives};
use crate::support::story::Story;
use serde_json::{Value, json};

/// A note of each of them.
fn stored(story: &mut Story) -> [String; 2] {
    ["alice", "bob"].map(|user| {
        let note = json!({"ownerId": user, "title": format!("{user}'s")});
        story.run(user, "mutation", "notes:addFor", note)
    })
}

/// The service says who calls: that is whom main's check then finds, and nobody else.
#[test]
fn who_calls_is_the_owner_that_mains_check_is_about() {
    let mut story = Story::of("subjects");
    let [alices, bobs] = stored(&mut story);
    story.query("alice", "notes:ofUser", json!({}), Titles(vec!["alice's"]));
    story.query("bob", "notes:ofUser", json!({}), Titles(vec!["bob's"]));
    for id in [&bobs, &alices] {
        let owner = if *id == bobs { "alice" } else { "bob" };
        story.mutation(owner, "notes:remove", json!({"id": id}), Fails("Not yours"));
    }
    story.mutation(
        "alice",
        "notes:remove",
        json!({"id": alices}),
        Gives(Value::Null),
    );
    story.query("alice", "notes:ofUser", json!({}), Titles(vec![]));
    story.query("bob", "notes:ofUser", json!({}), Titles(vec!["bob's"]));
    story.check();
}

/// Whomever an argument of another name says: the caller's documents alone are there.
#[test]
fn an_argument_of_another_name_reaches_nobody_elses_documents() {
    let mut story = Story::of("subjects");
    let [alices, bobs] = stored(&mut story);
    for (user, titles) in [("alice", vec!["alice's"]), ("bob", vec![])] {
        let target = json!({"targetUser": user});
        story.query("alice", "notes:ofTarget", target, Titles(titles));
    }
    let first = |user: &str| json!({"ownerId": user});
    story.query(
        "alice",
        "notes:firstOfOwner",
        first("alice"),
        Titles(vec!["alice's"]),
    );
    story.query(
        "alice",
        "notes:firstOfOwner",
        first("bob"),
        Gives(Value::Null),
    );
    let title = |user: &str, id: &str| json!({"creatorId": user, "id": id});
    story.query(
        "alice",
        "notes:titleOf",
        title("alice", &alices),
        Gives(json!("alice's")),
    );
    story.query(
        "alice",
        "notes:titleOf",
        title("bob", &bobs),
        Gives(Value::Null),
    );
    let renamed = json!({"subject": "bob", "title": "taken"});
    story.mutation("alice", "notes:renameOf", renamed, Gives(json!(0)));
    let removed = json!({"authorId": "bob", "id": bobs});
    story.mutation("alice", "notes:removeOf", removed, Gives(json!(false)));
    let planted = json!({"ownerId": "bob", "title": "planted"});
    story.mutation("alice", "notes:addFor", planted, Refused("wrong_owner"));
    story.query("bob", "notes:ofUser", json!({}), Titles(vec!["bob's"]));
    story.check();
}

#[test]
fn the_report_says_who_tells_the_owner() {
    let project = Project::of("subjects");
    let report = project.export(&[]);
    for function in report["functions"].as_array().unwrap() {
        assert_eq!(function["is"], "carried", "{function}");
    }
    let notes = report["notes"].as_array().unwrap();
    let of = |path: &str| {
        let about = |note: &&Value| note.as_str().unwrap().starts_with(&format!("`{path}` "));
        notes.iter().find(about)
    };
    let note = of("notes:ofUser").unwrap().as_str().unwrap();
    assert!(
        note.contains("that is the session's user, and a call that names somebody else is refused"),
        "{note}"
    );
    assert_eq!(of("notes:ofTarget"), None);
    assert_eq!(project.byod(&["check"]).status, 0);
}
