//! Exported mutations run once per idempotency key.

use crate::support::Project;
use crate::support::story::Expected::{Fails, Refused, Titles, Value as Gives};
use crate::support::story::Story;
use serde_json::{Value, json};

/// Less than a day, in milliseconds.
const HOURS: u64 = 23 * 60 * 60 * 1000;

fn page(title: &str, key: &str) -> Value {
    json!({"title": title, "text": "", "once": key})
}

#[test]
fn a_repeat_gives_the_first_result() {
    let mut story = Story::default();
    let first = story.run("alice", "mutation", "pages:add", page("a", "pages:add 1"));
    story.mutation(
        "alice",
        "pages:add",
        page("a", "pages:add 1"),
        Gives(json!(first)),
    );
    story.query("alice", "pages:all", json!({}), Titles(vec!["a"]));

    // Of other arguments, or of another function, it is no repeat.
    story.mutation(
        "alice",
        "pages:add",
        page("b", "pages:add 1"),
        Refused("idempotency_key"),
    );
    let change = |key: &str| json!({"id": first, "title": "c", "once": key});
    story.mutation(
        "alice",
        "pages:change",
        change("pages:change 1"),
        Refused("idempotency_key"),
    );
    // What returns nothing gives null, again too.
    for _ in 0..2 {
        story.mutation(
            "alice",
            "pages:change",
            change("pages:change 2"),
            Gives(json!(null)),
        );
    }
    story.query("alice", "pages:all", json!({}), Titles(vec!["c"]));

    // Another user's key is another key, and without one all is as ever.
    story.run("bob", "mutation", "pages:add", page("b", "pages:add 1"));
    story.query("bob", "pages:all", json!({}), Titles(vec!["b"]));
    for _ in 0..2 {
        story.run(
            "bob",
            "mutation",
            "pages:add",
            json!({"title": "d", "text": ""}),
        );
    }
    story.query("bob", "pages:all", json!({}), Titles(vec!["b", "d", "d"]));
    for key in ["", "1", " 1", "pages:add "] {
        story.mutation(
            "bob",
            "pages:add",
            page("e", key),
            Refused("idempotency_key"),
        );
    }
    story.check();
}

#[test]
fn what_failed_may_run_again() {
    let mut story = Story::default();
    let bobs = story.run("bob", "mutation", "pages:add", page("b", "pages:add 1"));
    let give = |id: &str| json!({"id": id, "title": "mine", "once": "pages:change 1"});
    story.mutation("alice", "pages:change", give(&bobs), Refused("not_found"));
    let own = story.run("alice", "mutation", "pages:add", page("a", "pages:add 2"));
    story.mutation("alice", "pages:change", give(&own), Gives(json!(null)));
    story.check();
}

/// The key is that of the call, not of the mutations that it runs in turn.
#[test]
fn a_mutation_that_runs_another_is_one_call() {
    let mut story = Story::default();
    let [first, second] = ["a", "b"].map(|title| {
        story.run(
            "alice",
            "mutation",
            "pages:add",
            json!({"title": title, "text": ""}),
        )
    });
    let change = |id: &str, key: &str| json!({"id": id, "friend": "alice", "once": key});
    for (id, key) in [
        (&first, "pages:changeAs 1"),
        (&first, "pages:changeAs 1"),
        (&second, "pages:changeAs 2"),
    ] {
        story.mutation(
            "alice",
            "pages:changeAs",
            change(id, key),
            Gives(json!(null)),
        );
    }
    story.query(
        "alice",
        "pages:all",
        json!({}),
        Titles(vec!["theirs", "theirs"]),
    );
    story.calls.push(json!({"count": "byodIdempotency"}));
    story.expect(Gives(json!(2)));
    story.check();
}

#[test]
fn a_key_is_kept_for_a_day_and_then_goes() {
    let mut story = Story::default();
    let key = |number: usize| format!("pages:add {number}");
    for number in 0..10 {
        story.run(
            "alice",
            "mutation",
            "pages:add",
            page("early", &key(number)),
        );
    }
    let later = |story: &mut Story| story.calls.push(json!({"later": HOURS}));
    later(&mut story);
    story.mutation(
        "alice",
        "pages:add",
        page("late", &key(3)),
        Refused("idempotency_key"),
    );
    later(&mut story);
    // Two days may bring the same key for another call. A few of the others go, too.
    story.run("alice", "mutation", "pages:add", page("late", &key(3)));
    story.calls.push(json!({"count": "byodIdempotency"}));
    story.expect(Gives(json!(2)));
    story.run("bob", "mutation", "pages:add", page("later", &key(0)));
    story.calls.push(json!({"count": "byodIdempotency"}));
    story.expect(Gives(json!(2)));
    story.check();
}

#[test]
fn queries_and_actions_take_no_key() {
    let mut story = Story::default();
    story.query(
        "alice",
        "pages:all",
        json!({"once": "pages:all 1"}),
        Fails("once"),
    );
    let nearest = json!({"embedding": [0.0, 1.0], "once": "pages:nearest 1"});
    story.action("alice", "pages:nearest", nearest, Fails("once"));
    story.check();
}

#[test]
fn without_the_line_in_byod_toml_there_is_no_trace_of_it() {
    let project = Project::of("careless");
    project.export(&[]);
    assert!(project.has("user/convex/byod/idempotency.ts"));
    assert!(
        project
            .read("user/convex/schema.ts")
            .contains("byodIdempotency: defineTable({")
    );
    project.replace("byod.toml", "once = \"idempotency-key\"\n", "");
    project.export(&[]);
    assert!(!project.has("user/convex/byod/idempotency.ts"));
    for file in ["schema.ts", "byod/owner.ts", "byod/database.ts"] {
        let text = project.read(&format!("user/convex/{file}"));
        for trace in ["dempotency", "once", "/*key", "/*run"] {
            assert!(!text.contains(trace), "{file} has {trace}");
        }
    }
    assert_eq!(project.byod(&["check"]).status, 0);
}
