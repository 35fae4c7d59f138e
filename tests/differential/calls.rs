//! Calls of the example's user project, right and wrong, of two users.

use byod_runtime::FunctionType;
use byod_runtime::FunctionType::{Mutation, Query};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

/// A call. In its arguments `{"#id": [table, n]}` stands for the id of the
/// document that was created n-th last, `{"#cursor": null}` for where the last
/// page ended.
#[derive(Clone, Debug)]
pub struct Call {
    pub kind: FunctionType,
    pub path: &'static str,
    pub args: Json,
    /// How much was made wrong on purpose.
    pub mistakes: usize,
}

/// What is wrong with the arguments, if anything.
#[derive(Clone, Debug)]
enum Mistake {
    None,
    /// The argument of that number is left out.
    Missing(usize),
    /// One more than is declared.
    Extra(Json),
    /// The argument of that number is something else.
    Wrong(usize, Json),
}

/// What the service injects, one reading of the clock.
const TIMES: [&str; 2] = ["createdAt", "updatedAt"];

struct Argument {
    name: &'static str,
    required: bool,
    /// Whether `convex-test` validates it.
    validated: bool,
    value: BoxedStrategy<Json>,
}

fn required(name: &'static str, value: impl Strategy<Value = Json> + 'static) -> Argument {
    Argument {
        name,
        required: true,
        validated: true,
        value: value.boxed(),
    }
}

fn optional(name: &'static str, value: impl Strategy<Value = Json> + 'static) -> Argument {
    Argument {
        required: false,
        ..required(name, value)
    }
}

pub fn any_call() -> impl Strategy<Value = Call> {
    prop_oneof![
        10 => select(vec!["notes", "tasks", "memories", "projects", "conversations", "messages"])
            .prop_flat_map(of_table),
        1 => missing_function(),
    ]
}

fn of_table(table: &'static str) -> BoxedStrategy<Call> {
    match table {
        "notes" => prop_oneof![
            5 => call(Mutation, "notes:create", stamped(vec![required("title", text()), required("content", text())])),
            3 => call(Mutation, "notes:update", changed(table, vec![
                optional("title", text()), optional("content", text()), optional("pinned", boolean()),
            ])),
            3 => call(Query, "notes:list", vec![optional("limit", limit())]),
            2 => call(Query, "notes:get", vec![id("id", table)]),
            1 => call(Mutation, "notes:remove", vec![id("id", table)]),
        ]
        .boxed(),
        "tasks" => prop_oneof![
            5 => call(Mutation, "tasks:create", stamped(vec![
                required("title", text()), required("status", status()), optional("description", text()),
                optional("priority", literal(&["low", "medium", "high", "urgent"])), optional("dueAt", date()),
            ])),
            3 => call(Mutation, "tasks:update", changed(table, vec![
                optional("title", text()), optional("status", status()), optional("dueAt", date()),
            ])),
            1 => call(Mutation, "tasks:complete", changed(table, vec![])),
            3 => call(Query, "tasks:list", vec![optional("status", status()), optional("limit", limit())]),
            1 => call(Query, "tasks:counts", vec![]),
            2 => call(Query, "tasks:get", vec![id("id", table)]),
            1 => call(Mutation, "tasks:remove", vec![id("id", table)]),
        ]
        .boxed(),
        "memories" => prop_oneof![
            5 => call(Mutation, "memories:create", stamped(vec![
                required("content", text()), required("kind", memory_kind()), optional("importance", number()),
                optional("source", source()), optional("embedding", prop::collection::vec(number(), 0..3).prop_map(Json::from)),
            ])),
            3 => call(Mutation, "memories:update", changed(table, vec![
                optional("content", text()), optional("kind", memory_kind()), optional("importance", number()),
            ])),
            3 => call(Query, "memories:list", vec![optional("kind", memory_kind()), optional("limit", limit())]),
            2 => call(Query, "memories:get", vec![id("id", table)]),
            1 => call(Mutation, "memories:remove", vec![id("id", table)]),
        ]
        .boxed(),
        "projects" => prop_oneof![
            5 => call(Mutation, "projects:create", stamped(vec![required("name", text()), optional("color", text())])),
            3 => call(Mutation, "projects:update", changed(table, vec![
                optional("name", text()), optional("archived", boolean()), optional("instructions", text()),
            ])),
            3 => call(Query, "projects:list", vec![optional("limit", limit())]),
            2 => call(Query, "projects:get", vec![id("id", table)]),
            1 => call(Mutation, "projects:remove", vec![id("id", table)]),
        ]
        .boxed(),
        "conversations" => prop_oneof![
            5 => call(Mutation, "conversations:create", stamped(vec![
                required("title", text()), required("model", text()), optional("systemPrompt", text()),
            ])),
            2 => call(Mutation, "conversations:update", changed(table, vec![optional("title", text())])),
            1 => call(Mutation, "conversations:archive", changed(table, vec![required("archived", boolean())])),
            1 => call(Mutation, "conversations:pin", changed(table, vec![required("pinned", boolean())])),
            3 => call(Query, "conversations:list", vec![optional("archived", boolean()), optional("limit", limit())]),
            1 => call(Query, "conversations:count", vec![]),
            2 => call(Query, "conversations:get", vec![id("id", table)]),
            1 => call(Mutation, "conversations:remove", vec![id("id", table)]),
        ]
        .boxed(),
        _ => prop_oneof![
            6 => call(Mutation, "messages:create", stamped(vec![
                id("conversationId", "conversations"), required("content", text()),
                required("role", literal(&["user", "assistant", "system", "tool"])),
                Argument { validated: false, ..optional("metadata", metadata()) },
            ])),
            2 => call(Mutation, "messages:update", changed(table, vec![optional("content", text())])),
            3 => call(Query, "messages:list", vec![id("conversationId", "conversations")]),
            4 => call(Query, "messages:page", vec![id("conversationId", "conversations"), required("paginationOpts", page())]),
            2 => call(Query, "messages:get", vec![id("id", table)]),
            1 => call(Mutation, "messages:remove", vec![id("id", table)]),
        ]
        .boxed(),
    }
}

/// A call with these arguments and the user, rarely with a mistake.
fn call(
    kind: FunctionType,
    path: &'static str,
    mut arguments: Vec<Argument>,
) -> BoxedStrategy<Call> {
    arguments.push(required(
        "userId",
        select(vec![json!("alice"), json!("carol")]),
    ));
    if kind == Mutation {
        arguments.push(optional("idempotencyKey", key(path)));
    }
    let count = arguments.len();
    let info: Vec<_> = arguments
        .iter()
        .map(|it| (it.name, it.required, it.validated))
        .collect();
    let values: Vec<_> = arguments
        .into_iter()
        .map(|it| match it.required {
            true => it.value.prop_map(Some).boxed(),
            false => option::of(it.value).boxed(),
        })
        .collect();
    let mistake = prop_oneof![
        12 => Just(Mistake::None),
        1 => (0..count).prop_map(Mistake::Missing),
        1 => anything().prop_map(Mistake::Extra),
        3 => (0..count, anything()).prop_map(|(number, value)| Mistake::Wrong(number, value)),
    ];
    (values, mistake)
        .prop_map(move |(values, mistake)| {
            let mistakes = match &mistake {
                Mistake::None => 0,
                // More than one of its fields may be wrong.
                Mistake::Wrong(_, Json::Object(_)) => 2,
                _ => 1,
            };
            let mut args = Map::new();
            for ((name, ..), value) in info.iter().zip(values) {
                args.extend(value.map(|value| ((*name).to_owned(), value)));
            }
            match mistake {
                Mistake::None => {}
                // Without it the deployment reads its own clock.
                Mistake::Missing(number) if info[number].0 == TIMES[0] => {}
                Mistake::Missing(number) => {
                    args.remove(info[number].0);
                }
                Mistake::Extra(value) => {
                    args.insert("unheardOf".to_owned(), value);
                }
                Mistake::Wrong(number, value) => {
                    let (name, _, validated) = info[number];
                    // Any number is a limit, and the example makes its own of it.
                    let other_limit = name == "limit" && is_number(&value);
                    if validated && !other_limit {
                        args.insert(name.to_owned(), value);
                    }
                }
            }
            if let Some(now) = args.get(TIMES[0]).cloned() {
                args.insert(TIMES[1].to_owned(), now);
            }
            Call {
                kind,
                path,
                args: args.into(),
                mistakes,
            }
        })
        .boxed()
}

/// As the service sends it; some come again, also with other arguments.
fn key(path: &'static str) -> impl Strategy<Value = Json> {
    let of = move |number: u32| json!(format!("{path} {number}"));
    prop_oneof![
        3 => (0..3_u32).prop_map(of),
        6 => any::<u32>().prop_map(of),
        1 => select(vec![json!(""), json!("key"), json!(" key"), json!("notes:create "), json!("notes:create 1")]),
    ]
}

/// No such function, or one of another kind.
fn missing_function() -> impl Strategy<Value = Call> {
    let calls = [
        (Query, "notes:lst"),
        (Mutation, "nowhere:create"),
        (Query, "notes"),
        (Query, "notes:create"),
        (Mutation, "tasks:list"),
        (FunctionType::Action, "memories:list"),
    ];
    select(calls.to_vec()).prop_map(|(kind, path)| Call {
        kind,
        path,
        args: json!({}),
        mistakes: 0,
    })
}

/// With the service's reading of the clock, which is injected twice.
fn stamped(mut arguments: Vec<Argument>) -> Vec<Argument> {
    arguments.push(required(TIMES[0], number()));
    arguments
}

fn changed(table: &'static str, mut arguments: Vec<Argument>) -> Vec<Argument> {
    arguments.push(id("id", table));
    stamped(arguments)
}

/// Of a document that is there, or was once.
fn id(name: &'static str, table: &'static str) -> Argument {
    let number = 0..4_u64;
    required(
        name,
        number.prop_map(move |number| json!({"#id": [table, number]})),
    )
}

fn text() -> impl Strategy<Value = Json> + Clone {
    select(vec![
        json!(""),
        json!("a"),
        json!("b c"),
        json!("ü\u{2028}\"\\\u{0}🌱"),
    ])
}

fn boolean() -> impl Strategy<Value = Json> {
    any::<bool>().prop_map(Json::from)
}

/// Also those that JSON has no number for.
fn number() -> impl Strategy<Value = Json> + Clone {
    prop_oneof![
        4 => (-3..9_i32).prop_map(Json::from),
        1 => any::<f64>().prop_map(|number| json!(byod_runtime::Value::Float64(number))),
        1 => select(vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e21, 0.1])
            .prop_map(|number| json!(byod_runtime::Value::Float64(number))),
    ]
}

fn is_number(value: &Json) -> bool {
    value.is_number() || value.get("$float").is_some()
}

fn date() -> impl Strategy<Value = Json> {
    prop_oneof![3 => number(), 1 => Just(Json::Null)]
}

/// Within what the example's `pageSize` leaves as it is.
fn limit() -> impl Strategy<Value = Json> {
    select(vec![json!(1), json!(2), json!(50)])
}

fn literal(words: &'static [&'static str]) -> impl Strategy<Value = Json> {
    select(words).prop_map(Json::from)
}

fn status() -> impl Strategy<Value = Json> {
    literal(&["todo", "in_progress", "done", "cancelled"])
}

fn memory_kind() -> impl Strategy<Value = Json> {
    literal(&["fact", "preference", "instruction", "event"])
}

/// A union of objects.
fn source() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(json!({"kind": "user"})),
        Just(json!({"kind": "note", "noteId": {"#id": ["notes", 0]}})),
    ]
}

fn metadata() -> impl Strategy<Value = Json> {
    prop::collection::btree_map("[a-c]", anything(), 0..3).prop_map(|fields| json!(fields))
}

fn page() -> impl Strategy<Value = Json> {
    let cursor = prop_oneof![2 => Just(json!({"#cursor": null})), 1 => Just(Json::Null)];
    (1..4_u32, cursor).prop_map(|(size, cursor)| json!({"numItems": size, "cursor": cursor}))
}

/// A value of any kind.
fn anything() -> impl Strategy<Value = Json> + Clone {
    prop_oneof![
        number(),
        text(),
        select(vec![
            json!(null),
            json!(true),
            json!([]),
            json!(["a", 1]),
            json!({}),
            json!({"kind": "note"}),
            json!({"#id": ["notes", 0]}),
            json!({"#id": ["tasks", 0]}),
            json!({"$integer": "BwAAAAAAAAA="}),
            json!({"$bytes": "AAH/"}),
        ]),
    ]
}
