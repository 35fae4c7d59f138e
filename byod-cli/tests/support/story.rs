//! Calls of an exported project, by users who share a deployment.

#![allow(clippy::expect_used, reason = "this is a test")]

use serde_json::{Value, json};

use super::Project;

/// Calls, made by one of them each, and what they are to give.
pub(crate) struct Story {
    project: &'static str,
    pub(crate) calls: Vec<Value>,
    checks: Vec<(usize, Expected)>,
}

impl Default for Story {
    fn default() -> Self {
        Self::of("careless")
    }
}

pub(crate) enum Expected {
    /// This value, or that of the call of that name.
    Value(Value),
    /// The titles or texts of documents, in any order.
    Titles(Vec<&'static str>),
    /// The same, of a page.
    PageOf(Vec<&'static str>),
    /// The `code` of a `ConvexError`.
    Refused(&'static str),
    /// Part of the message of any other error.
    Fails(&'static str),
}

impl Story {
    /// Calls of that project of `tests/projects/`.
    pub(crate) fn of(project: &'static str) -> Self {
        Self {
            project,
            calls: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Runs a function for that user; gives the name of its result.
    pub(crate) fn run(&mut self, user: &str, kind: &str, path: &str, args: Value) -> String {
        let mut args = args;
        args["userId"] = user.into();
        self.calls
            .push(json!({"type": kind, "path": path, "args": args}));
        format!("${}", self.calls.len() - 1)
    }

    pub(crate) fn wait(&mut self) {
        self.calls.push(json!({"wait": 200}));
    }

    pub(crate) fn insert(&mut self, table: &str, document: Value) -> String {
        self.calls
            .push(json!({"insert": table, "document": document}));
        format!("${}", self.calls.len() - 1)
    }

    /// What the last call is to give.
    pub(crate) fn expect(&mut self, expected: Expected) {
        self.checks.push((self.calls.len() - 1, expected));
    }

    pub(crate) fn query(&mut self, user: &str, path: &str, args: Value, expected: Expected) {
        self.run(user, "query", path, args);
        self.expect(expected);
    }

    pub(crate) fn mutation(&mut self, user: &str, path: &str, args: Value, expected: Expected) {
        self.run(user, "mutation", path, args);
        self.expect(expected);
    }

    pub(crate) fn action(&mut self, user: &str, path: &str, args: Value, expected: Expected) {
        self.run(user, "action", path, args);
        self.expect(expected);
    }

    /// Exports the project, runs all calls there, and compares.
    pub(crate) fn check(self) {
        let Some(node) = super::node() else { return };
        let project = Project::of(self.project);
        project.export(&[]);
        let convex = project.root.join("user/convex");
        let results = super::run(&node, &convex, &json!(self.calls));
        for (number, expected) in self.checks {
            let (call, result) = (&self.calls[number], &results[number]);
            let about = format!("{call}\n gave {result}");
            match expected {
                Expected::Value(value) => {
                    assert_eq!(result["error"], Value::Null, "{about}");
                    assert_eq!(result["value"], resolved(value, &results), "{about}");
                }
                Expected::Titles(titles) | Expected::PageOf(titles) => {
                    let value = &result["value"];
                    let found = value.get("page").unwrap_or(value);
                    let one = std::slice::from_ref(found);
                    let found = found.as_array().map_or(one, Vec::as_slice);
                    let mut found: Vec<&str> = found
                        .iter()
                        .map(|doc| {
                            let names = ["title", "text", "name", "value"];
                            let text = names.iter().find_map(|name| doc.get(name));
                            text.unwrap_or(doc).as_str().expect(&about)
                        })
                        .collect();
                    found.sort_unstable();
                    assert_eq!(found, titles, "{about}");
                }
                Expected::Refused(code) => assert_eq!(result["data"]["code"], code, "{about}"),
                Expected::Fails(message) => {
                    let error = result["error"].as_str().expect(&about);
                    assert!(error.contains(message), "{about}");
                }
            }
        }
    }
}

/// The value, with results of calls instead of their names.
fn resolved(value: Value, results: &[Value]) -> Value {
    let of = |name: &str| name.strip_prefix('$')?.parse::<usize>().ok();
    match value {
        Value::String(name) => match of(&name) {
            Some(call) => results[call]["value"].clone(),
            None => name.into(),
        },
        Value::Array(all) => all.into_iter().map(|one| resolved(one, results)).collect(),
        other => other,
    }
}
