//! What Bob stores, what Alice tries by a seed, and what Bob asks before and after.

use std::collections::BTreeMap;
use std::path::Path;

use byod_schema::{Fields, Function, FunctionPath, FunctionType, Schema};
use serde_json::{Map, Value, json};

use super::values::{Dice, Pool, object};

/// What stands in every text that Bob stores, and in none of Alice's.
pub(super) const SECRET: &str = "only-bobs";

/// A project, exported for deployments that several users share.
pub(crate) struct Target<'a> {
    pub(crate) convex: &'a Path,
    /// Tables that are everybody's, where Bob has nothing that is his own.
    pub(crate) common: &'a [&'a str],
}

/// The calls, and where in them what was stored is.
pub(super) struct Plan {
    pub(super) calls: Vec<Value>,
    /// By table, the names of the calls' results: first Alice's, then Bob's.
    pub(super) alices: BTreeMap<String, Vec<String>>,
    pub(super) bobs: BTreeMap<String, Vec<String>>,
    pub(super) cursors: Vec<Value>,
    /// Bob's own calls, before and after Alice's.
    pub(super) before: Vec<usize>,
    pub(super) dump: usize,
    pub(super) attack: Vec<usize>,
    pub(super) after: Vec<usize>,
}

pub(super) fn plan(
    schema: &Schema,
    functions: &[(FunctionPath, Function)],
    target: &Target<'_>,
    seed: u64,
    calls: usize,
    with_bob: bool,
) -> Plan {
    let mut plan = Plan {
        // Where a claim may stand.
        calls: vec![json!({"later": 0})],
        alices: BTreeMap::new(),
        bobs: BTreeMap::new(),
        cursors: vec![Value::Null],
        before: Vec::new(),
        dump: 0,
        attack: Vec::new(),
        after: Vec::new(),
    };
    let mut dice = Dice(seed);
    let dimensions = schema.tables.iter().flat_map(|table| &table.vector_indexes);
    let dimensions = dimensions.map(|index| index.dimensions).max().unwrap_or(2) as usize;
    for user in ["alice", "bob"] {
        store(&mut plan, schema, target, user, dimensions, &mut dice);
    }
    let mut asked = Dice(seed ^ 1);
    plan.before = own_queries(&mut plan, functions, target, dimensions, &mut asked);
    for number in plan.before.clone() {
        let mut first = plan.calls[number].clone();
        if let Some(page) = first["args"].get_mut("paginationOpts") {
            page["numItems"] = json!(1);
            plan.calls.push(first);
            let cursor = format!("${}.continueCursor", plan.calls.len() - 1);
            plan.cursors.push(json!(cursor));
        }
    }
    plan.calls.push(json!({"dump": true}));
    plan.dump = plan.calls.len() - 1;
    if !with_bob {
        let bobs: Vec<String> = plan.bobs.values().flatten().cloned().collect();
        for id in bobs {
            plan.calls.push(json!({"remove": id}));
        }
    } else {
        let many = plan.bobs.values().flatten().count();
        plan.calls.extend((0..many).map(|_| json!({"later": 0})));
    }
    for _ in 0..calls {
        let (path, function) = &functions[dice.roll(functions.len())];
        let Some(call) = alices_call(&plan, schema, path, function, dimensions, &mut dice) else {
            continue;
        };
        plan.calls.push(call);
        plan.attack.push(plan.calls.len() - 1);
        if path.name.ends_with("Later") {
            plan.calls.push(json!({"wait": 40}));
        }
    }
    let mut asked = Dice(seed ^ 1);
    plan.after = own_queries(&mut plan, functions, target, dimensions, &mut asked);
    plan.calls.push(json!({"dump": true}));
    plan
}

/// Two documents of the user in every table that is not everybody's, and what no
/// function may reach at all.
fn store(
    plan: &mut Plan,
    schema: &Schema,
    target: &Target<'_>,
    user: &str,
    dimensions: usize,
    dice: &mut Dice,
) {
    let mut open: Vec<_> = schema.tables.iter().collect();
    open.retain(|table| !target.common.contains(&&*table.table_name));
    open.retain(|table| !table.table_name.starts_with("byod"));
    let mut own: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // Those that need others' ids come after them; after so many rounds they never can.
    for _ in 0..6 {
        let mut left = Vec::new();
        for table in open {
            let mut made = Vec::new();
            for number in 0..2 {
                let words = match user {
                    "bob" => format!("same words {SECRET} {number}"),
                    _ => format!("same words {number}"),
                };
                let known = |table: &str| own.get(table).cloned().unwrap_or_default();
                let pool = Pool {
                    texts: vec![words.clone()],
                    anything: vec![json!({"what": words})],
                    ids: &known,
                    dimensions,
                    whole: true,
                };
                let fields = fields_of(table);
                let Some(mut document) = object(&fields, &pool, dice) else {
                    continue;
                };
                if document.is_empty() {
                    document.insert("what".to_owned(), json!(words));
                    document.insert("userId".to_owned(), json!(user));
                }
                let mut document = Value::Object(document);
                own_by(&mut document, user);
                made.push(document);
            }
            if made.is_empty() {
                left.push(table);
            }
            for document in made {
                let name = &table.table_name;
                plan.calls
                    .push(json!({"insert": name, "document": document}));
                let id = format!("${}", plan.calls.len() - 1);
                own.entry(name.clone()).or_default().push(id);
            }
        }
        open = left;
    }
    let words = if user == "bob" { SECRET } else { "mine" };
    for (table, document) in [
        ("drafts", json!({"text": words, "userId": user})),
        (
            "byodIdempotency",
            json!({"owner": user, "key": "1", "function": "f", "args": "", "result": words}),
        ),
    ] {
        plan.calls
            .push(json!({"insert": table, "document": document}));
        let id = format!("${}", plan.calls.len() - 1);
        own.entry(table.to_owned()).or_default().push(id);
    }
    match user {
        "bob" => plan.bobs = own,
        _ => plan.alices = own,
    }
}

fn fields_of(table: &byod_schema::Table) -> Fields {
    use byod_schema::Validator;
    match &table.document_type {
        Validator::Object { value } => value.clone(),
        Validator::Union { value } => {
            let mut objects = value.iter().filter_map(Validator::as_object);
            objects.next().cloned().unwrap_or_default()
        }
        _ => Fields::default(),
    }
}

/// Whatever field is called as the owner's is theirs.
fn own_by(value: &mut Value, user: &str) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                if name == "userId" || name == "userIds" {
                    *value = if value.is_array() {
                        json!([user])
                    } else {
                        json!(user)
                    };
                } else {
                    own_by(value, user);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| own_by(item, user)),
        _ => {}
    }
}

/// Every query, as Bob asks it; but those of what is everybody's.
fn own_queries(
    plan: &mut Plan,
    functions: &[(FunctionPath, Function)],
    target: &Target<'_>,
    dimensions: usize,
    dice: &mut Dice,
) -> Vec<usize> {
    let mut asked = Vec::new();
    for (path, function) in functions {
        let is_common = target.common.contains(&&*path.module);
        if is_common || function.function_type != FunctionType::Query {
            continue;
        }
        let bobs = plan.bobs.clone();
        let known = |table: &str| bobs.get(table).cloned().unwrap_or_default();
        let mut texts = vec![format!("same words {SECRET} 0"), "bob".to_owned()];
        texts.extend(bobs.keys().cloned());
        let pool = Pool {
            texts,
            anything: vec![Value::Null],
            ids: &known,
            dimensions,
            whole: true,
        };
        let Some(args) = function
            .args
            .as_object()
            .and_then(|args| object(args, &pool, dice))
        else {
            continue;
        };
        let page = json!({"numItems": 9_999, "cursor": null});
        plan.calls.push(call(path, function, args, "bob", page));
        asked.push(plan.calls.len() - 1);
    }
    asked
}

fn alices_call(
    plan: &Plan,
    schema: &Schema,
    path: &FunctionPath,
    function: &Function,
    dimensions: usize,
    dice: &mut Dice,
) -> Option<Value> {
    let known = |table: &str| {
        let of = |all: &BTreeMap<String, Vec<String>>| all.get(table).cloned().unwrap_or_default();
        let mut ids = of(&plan.alices);
        // Mostly the neighbour's.
        ids.extend(of(&plan.bobs));
        ids.extend(of(&plan.bobs));
        match table {
            "_storage" => ids.push("0000000000010000_storage".to_owned()),
            "_scheduled_functions" => ids.push("0000000000010000_scheduled_functions".to_owned()),
            _ => {}
        }
        ids
    };
    let all: Vec<String> = plan.bobs.values().flatten().cloned().collect();
    let mut texts: Vec<String> = ["same", "words", "bob", "alice", "mine"]
        .map(String::from)
        .into();
    texts.extend(["_storage", "_scheduled_functions", "drafts", "byodOwner"].map(String::from));
    for table in &schema.tables {
        texts.push(table.table_name.clone());
        texts.extend(
            table
                .vector_indexes
                .iter()
                .map(|i| i.index_descriptor.clone()),
        );
    }
    texts.extend(all.clone());
    let is_query = function.function_type == FunctionType::Query;
    if is_query {
        // Stored by her, it would be hers.
        texts.extend((0..3).map(|_| format!("same words {SECRET} {}", dice.roll(2))));
    }
    let id = dice.pick(&all);
    let own = plan.alices.values().flatten().cloned().collect::<Vec<_>>();
    let mine = dice.pick(&own);
    let anything = vec![
        json!({"userId": "bob"}),
        json!({"userId": "bob", "title": "t", "text": "t", "n": 1}),
        json!({"userId": "alice", "title": "t", "text": "t", "n": 1}),
        json!({"title": "t", "text": "t", "n": 1}),
        json!({"conversationId": id, "text": "planted"}),
        json!({"messageId": id, "kind": "planted"}),
        json!({"conversationId": mine, "text": "t"}),
        json!({"owner": {"userId": "bob"}, "value": "planted"}),
        json!({"owner": {"userId": "alice"}, "value": "v"}),
        json!({"text": "changed"}),
        json!(id),
        Value::Null,
    ];
    let pool = Pool {
        texts,
        anything,
        ids: &known,
        dimensions,
        whole: false,
    };
    let args = object(function.args.as_object()?, &pool, dice)?;
    let cursor = dice.pick(&plan.cursors);
    let page = json!({"numItems": dice.roll(4) + 1, "cursor": cursor});
    Some(call(path, function, args, "alice", page))
}

/// The call, with what the service adds to it.
fn call(
    path: &FunctionPath,
    function: &Function,
    mut args: Map<String, Value>,
    user: &str,
    page: Value,
) -> Value {
    if args.contains_key("paginationOpts") {
        args.insert("paginationOpts".to_owned(), page);
    }
    if args.contains_key("userId") {
        args.insert("userId".to_owned(), json!(user));
    }
    for key in ["once", "idempotencyKey"] {
        if args.contains_key(key) {
            args.insert(key.to_owned(), json!(format!("{path} 1")));
            // Mostly without: what was once done is not done again.
            if !path.to_string().len().is_multiple_of(5) {
                args.remove(key);
            }
        }
    }
    let kind = function.function_type.to_string();
    json!({"type": kind, "path": path.to_string(), "args": args})
}
