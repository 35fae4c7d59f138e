//! One of the two deployments that are compared.

use std::collections::BTreeMap;

use byod_runtime::{Client, DeployKey, Error, FunctionType, Value};
use serde_json::{Value as Json, json};

use super::calls::Call;

/// What a deployment has been asked so far. Ids and cursors are its own; in calls
/// and results they are called by when they were made.
pub struct Side {
    client: Client,
    /// By table, in the order of creation.
    ids: BTreeMap<String, Vec<String>>,
    /// Where the last page ended.
    cursor: Json,
}

/// Why a function gave no value.
#[derive(Debug)]
pub struct Failure {
    pub message: String,
    pub data: Option<Json>,
}

impl Side {
    pub fn new(url: String, deploy_key: String) -> Self {
        let key = DeployKey::from(deploy_key);
        Self {
            client: Client::new(&url).unwrap().with_deploy_key(&key),
            ids: BTreeMap::new(),
            cursor: Json::Null,
        }
    }

    pub async fn run(&mut self, call: &Call) -> Result<Json, Failure> {
        let (path, args) = (call.path, self.resolved(&call.args));
        let result: Result<Value, _> = match call.kind {
            FunctionType::Query => self.client.query(path, &args).await,
            FunctionType::Mutation => self.client.mutation(path, &args).await,
            FunctionType::Action => self.client.action(path, &args).await,
        };
        let value = match result {
            Ok(value) => json!(value),
            Err(Error::Function { message, data, .. }) => {
                return Err(Failure {
                    message: self.named_in(&message),
                    data: data.map(|data| self.named(json!(data))),
                });
            }
            Err(error) => panic!("{call:?}: {error}"),
        };
        if let (Some((table, "create")), Json::String(id)) = (path.split_once(':'), &value) {
            self.ids
                .entry(table.to_owned())
                .or_default()
                .push(id.clone());
        }
        if let Json::String(cursor) = &value["continueCursor"] {
            self.cursor = cursor.as_str().into();
        }
        Ok(self.named(value))
    }

    /// With ids and cursors where the call only describes them.
    fn resolved(&self, args: &Json) -> Json {
        match args {
            Json::Object(fields) => match fields.iter().next() {
                Some((name, place)) if name == "#id" => self.id(place),
                Some((name, _)) if name == "#cursor" => self.cursor.clone(),
                _ => fields
                    .iter()
                    .map(|(name, value)| (name.clone(), self.resolved(value)))
                    .collect(),
            },
            Json::Array(values) => values.iter().map(|value| self.resolved(value)).collect(),
            plain => plain.clone(),
        }
    }

    /// `[table, number]`, counted from the newest.
    fn id(&self, place: &Json) -> Json {
        let id = self.find(place);
        id.map_or("an id that nothing has", String::as_str).into()
    }

    fn find(&self, place: &Json) -> Option<&String> {
        let (table, number) = (place[0].as_str()?, place[1].as_u64()?);
        self.ids.get(table)?.iter().rev().nth(number as usize)
    }

    /// How many arguments of the call are wrong.
    pub fn mistakes(&self, call: &Call) -> usize {
        call.mistakes + self.lacking(&call.args)
    }

    /// How many ids are to be of documents that were never made.
    fn lacking(&self, args: &Json) -> usize {
        match args {
            Json::Object(fields) => match fields.iter().next() {
                Some((name, place)) if name == "#id" => usize::from(self.find(place).is_none()),
                _ => fields.values().map(|value| self.lacking(value)).sum(),
            },
            Json::Array(values) => values.iter().map(|value| self.lacking(value)).sum(),
            _ => 0,
        }
    }

    /// Without what every deployment makes for itself.
    fn named(&self, value: Json) -> Json {
        const OWN: [&str; 4] = [
            "_creationTime",
            "continueCursor",
            "splitCursor",
            "pageStatus",
        ];
        match value {
            Json::String(text) => self.name_of(&text).unwrap_or(text).into(),
            Json::Array(values) => values.into_iter().map(|value| self.named(value)).collect(),
            Json::Object(fields) => fields
                .into_iter()
                .filter(|(name, _)| !OWN.contains(&&**name))
                .map(|(name, value)| (name, self.named(value)))
                .collect(),
            plain => plain,
        }
    }

    fn name_of(&self, id: &str) -> Option<String> {
        self.all_ids()
            .find(|(known, _)| *known == id)
            .map(|(_, name)| name)
    }

    fn named_in(&self, text: &str) -> String {
        let name = |text: String, (id, name): (&str, String)| text.replace(id, &name);
        self.all_ids().fold(text.to_owned(), name)
    }

    fn all_ids(&self) -> impl Iterator<Item = (&str, String)> {
        self.ids.iter().flat_map(|(table, ids)| {
            let named = ids.iter().enumerate();
            named.map(move |(number, id)| (id.as_str(), format!("{table}#{number}")))
        })
    }
}
