//! All that a user has, on either side, as one can compare it: with what documents say in
//! the place of their ids.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::service::{User, World};

const TABLES: [&str; 5] = ["folders", "notes", "comments", "boxes", "lids"];

/// On main.
pub(crate) async fn everything_of(world: &World, user: &str) -> Vec<Value> {
    let mut tables = Vec::new();
    for table in TABLES {
        let args = json!({"table": table});
        tables.push(world.on_main::<Vec<Value>>("peek:peek", &args).await);
    }
    everything(&tables, &files_of(world).await, user)
}

/// Files of main, whosever they are.
pub(crate) async fn files_of(world: &World) -> Vec<Value> {
    world.on_main("peek:files", &json!({})).await
}

/// On their own deployment.
pub(crate) async fn everything_there(user: &User) -> Vec<Value> {
    let mut tables = Vec::new();
    for table in TABLES {
        let args = json!({"table": table});
        tables.push(user.there::<Vec<Value>>("custom/peek:peek", &args).await);
    }
    everything(&tables, &files_there(user).await, &user.subject)
}

pub(crate) async fn files_there(user: &User) -> Vec<Value> {
    user.there("custom/peek:files", &json!({})).await
}

/// In the order in which documents were made.
fn everything(tables: &[Vec<Value>], files: &[Value], owner: &str) -> Vec<Value> {
    let all = || tables.iter().flatten();
    let mut names = BTreeMap::new();
    for doc in all() {
        let name = ["name", "title", "text"].map(|field| &doc[field]);
        let name = name.into_iter().find_map(Value::as_str);
        names.insert(doc["_id"].as_str().unwrap(), name.unwrap());
    }
    for file in files {
        let holds = file["sha256"].as_str().unwrap();
        names.insert(file["_id"].as_str().unwrap(), holds);
    }
    names.insert(owner, "the user");
    let theirs: Vec<&str> = all()
        .filter(|doc| doc["userId"] == owner)
        .map(|doc| doc["_id"].as_str().unwrap())
        .collect();
    let is_theirs = |doc: &&Value| {
        doc["userId"] == owner
            || doc["noteId"]
                .as_str()
                .is_some_and(|id| theirs.contains(&id))
    };
    all()
        .filter(is_theirs)
        .map(|doc| named(doc, &names))
        .collect()
}

fn named(value: &Value, names: &BTreeMap<&str, &str>) -> Value {
    match value {
        Value::String(text) => match names.get(text.as_str()) {
            Some(name) => json!({"is": name}),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| named(item, names)).collect(),
        Value::Object(fields) => {
            // What differs from side to side: when a document was made, `madeAt` says.
            let fields = fields
                .iter()
                .filter(|(name, _)| !["_id", "_creationTime", "madeAt"].contains(&name.as_str()));
            let fields = fields.map(|(name, of)| (name.clone(), named(of, names)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}
