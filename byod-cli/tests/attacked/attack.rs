//! Two users on one deployment: Bob stores, and Alice tries everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use byod_build::{Limits, read_project};
use byod_schema::{Function, FunctionPath, Schema};
use serde_json::{Value, json};

use super::plan::{SECRET, Target, plan};
use crate::support;

/// What came of an attack.
pub(crate) struct Outcome {
    /// Calls in which a function of the project ran.
    pub(crate) tried: usize,
    /// Calls that the arguments' validators refused before that.
    pub(crate) refused: usize,
    /// How Alice's call saw or changed what is Bob's: one line each.
    pub(crate) leaks: Vec<String>,
}

impl Outcome {
    fn of(calls: &[usize], results: &[Value], leaks: Vec<String>) -> Self {
        let refused = calls.iter().filter(|call| is_refused(&results[**call]));
        let refused = refused.count();
        Self {
            tried: calls.len() - refused,
            refused,
            leaks,
        }
    }
}

/// Whether the arguments' validator refused the call.
fn is_refused(result: &Value) -> bool {
    result["refused"] == true
}

/// Runs the attack twice: where Bob's documents are there, and where they have been
/// deleted past all functions. To Alice there is no difference.
pub(crate) fn attack(node: &Path, target: &Target<'_>, seed: u64, calls: usize) -> Outcome {
    let (schema, functions) = read(target);
    let plan = |with_bob: bool| plan(&schema, &functions, target, seed, calls, with_bob);
    let (with, without) = (plan(true), plan(false));
    let results = support::run(node, target.convex, &json!(with.calls));
    let others = support::run(node, target.convex, &json!(without.calls));
    let mut leaks = Vec::new();
    for number in &with.attack {
        let call = &with.calls[*number];
        let (seen, other) = (&results[*number], &others[*number]);
        let text = without_cursors(seen).to_string();
        if text.contains(SECRET) && !call["args"].to_string().contains(SECRET) {
            leaks.push(format!("{call} gave {text}"));
        } else if call["args"].get("paginationOpts").is_none()
            && without_times(seen) != without_times(other)
        {
            leaks.push(format!(
                "{call} gave {seen}, and {other} without Bob's documents"
            ));
        }
    }
    for (before, after) in with.before.iter().zip(&with.after) {
        let own = |number: usize| without_times(&without_cursors(&results[number]));
        if own(*before) != own(*after) {
            leaks.push(format!(
                "Bob's {} gave {} before, and then {}",
                with.calls[*before], results[*before], results[*after]
            ));
        }
    }
    let bobs: BTreeSet<String> = with
        .bobs
        .values()
        .flatten()
        .map(|name| name[1..].parse::<usize>().unwrap())
        .map(|number| {
            results[number]["value"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    let stored = documents(&results[with.dump]);
    let left = documents(results.last().unwrap());
    for (id, document) in stored.iter().filter(|(id, _)| bobs.contains(*id)) {
        if left.get(id) != Some(document) {
            leaks.push(format!("Bob's {document} became {:?}", left.get(id)));
        }
    }
    Outcome::of(&with.attack, &results, leaks)
}

/// The same calls where the deployment is claimed by Bob: each is refused, and does
/// nothing.
pub(crate) fn claimed(node: &Path, target: &Target<'_>, seed: u64, calls: usize) -> Outcome {
    let (schema, functions) = read(target);
    let mut plan = plan(&schema, &functions, target, seed, calls, true);
    let claim = json!({"type": "mutation", "path": "byod/claim:claim", "args": {"subject": "bob", "user": "b"}});
    plan.calls[0] = claim;
    let results = support::run(node, target.convex, &json!(plan.calls));
    assert_eq!(results[0]["value"], "claimed");
    let mut leaks = Vec::new();
    for number in &plan.attack {
        let (call, result) = (&plan.calls[*number], &results[*number]);
        if result["data"]["claim"] != "somebody else's" && !is_refused(result) {
            leaks.push(format!("{call} gave {result}"));
        }
    }
    let (stored, left) = (
        documents(&results[plan.dump]),
        documents(results.last().unwrap()),
    );
    let changed = left
        .iter()
        .filter(|(id, document)| stored.get(*id) != Some(document));
    let gone = stored.keys().filter(|id| !left.contains_key(*id));
    leaks.extend(gone.map(|id| format!("{id} is gone")));
    leaks.extend(changed.map(|(_, document)| format!("{document} was written")));
    Outcome::of(&plan.attack, &results, leaks)
}

/// The exported project, as a build reads it.
fn read(target: &Target<'_>) -> (Schema, Vec<(FunctionPath, Function)>) {
    let reading = read_project(target.convex, &Limits::default()).unwrap();
    let functions = reading.functions.into_iter();
    let functions = functions
        .map(|(path, function)| (path, function.value))
        .filter(|(path, _)| path.module != "byod/claim" && path.module != "functions")
        .collect();
    (reading.schema.value, functions)
}

/// All documents of a dump by their ids.
fn documents(dump: &Value) -> BTreeMap<String, Value> {
    let tables = dump["value"].as_object().unwrap().values();
    let all = tables.flat_map(|table| table.as_array().unwrap());
    all.map(|document| {
        (
            document["_id"].as_str().unwrap().to_owned(),
            document.clone(),
        )
    })
    .collect()
}

/// Convex encrypts cursors; its runtime for tests writes what they stand for.
fn without_cursors(value: &Value) -> Value {
    without(value, &|name, _| {
        name == "continueCursor" || name == "splitCursor"
    })
}

/// Without readings of the clock, which are those of each run.
fn without_times(value: &Value) -> Value {
    without(value, &|_, value| value.as_f64().is_some_and(|n| n > 1e11))
}

fn without(value: &Value, is_out: &dyn Fn(&str, &Value) -> bool) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| !is_out(name, value));
            kept.map(|(name, value)| (name.clone(), without(value, is_out)))
                .collect()
        }
        Value::Array(items) => items.iter().map(|item| without(item, is_out)).collect(),
        other => other.clone(),
    }
}
