//! All that a user may have, made as the validators of their tables say, and what tells whether it is all there.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Map, Value, json};

/// The field in which each document of the example app has its number.
const NUMBER: &str = "updatedAt";

/// The field that says when a document was made.
const CREATED: &str = "createdAt";

/// The table that has most documents.
const LARGEST: &str = "messages";

/// The tables of the plan that `byod/moving` gives, each with what it takes: those first that others need.
pub(crate) fn tables_of(plan: &str) -> Vec<(String, Value)> {
    let plan: Map<String, Value> = serde_json::from_str(plan).unwrap();
    let tables = plan.into_iter();
    // A map has lost their order.
    let mut left: Vec<(String, Value)> = tables
        .map(|(table, of)| (table, of["takes"].clone()))
        .collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let names: BTreeSet<String> = left.iter().map(|(name, _)| name.clone()).collect();
        let first = left.iter().position(|(own, takes)| {
            let mut needed = Vec::new();
            needs(takes, &mut needed);
            let mut needed = needed.iter();
            needed.all(|need| need == own || !names.contains(need))
        });
        ordered.push(left.remove(first.unwrap()));
    }
    ordered
}

/// The tables without whose ids no document can be.
fn needs(of: &Value, found: &mut Vec<String>) {
    match of["type"].as_str().unwrap() {
        "id" => found.push(of["tableName"].as_str().unwrap().to_owned()),
        "object" => {
            let fields = of["value"].as_object().unwrap().values();
            for field in fields.filter(|field| field["optional"] != true) {
                needs(&field["fieldType"], found);
            }
        }
        "union" => {
            let members = of["value"].as_array().unwrap();
            members.iter().for_each(|member| needs(member, found));
        }
        _ => {}
    }
}

/// How many of so many documents are in each table: most of them in one.
pub(crate) fn shares(documents: usize, tables: &[(String, Value)]) -> Vec<usize> {
    let few = documents * 4 / 10 / tables.len();
    let most = documents - few * (tables.len() - 1);
    let share = |(name, _): &(String, Value)| if name == LARGEST { most } else { few };
    tables.iter().map(share).collect()
}

/// Makes documents as validators say.
pub(crate) struct Maker {
    random: u64,
    user: String,
    /// How many it has made.
    made: u64,
    ids: BTreeMap<String, Vec<String>>,
}

impl Maker {
    /// For the user of that id, always the same for the same seed.
    pub(crate) fn new(seed: usize, user: &str) -> Self {
        Self {
            random: seed as u64 + 1,
            user: user.to_owned(),
            made: 0,
            ids: BTreeMap::new(),
        }
    }

    /// What documents may refer to from now on.
    pub(crate) fn know(&mut self, table: &str, ids: impl IntoIterator<Item = String>) {
        let known = self.ids.entry(table.to_owned()).or_default();
        known.extend(ids);
    }

    pub(crate) fn known(&self, table: &str) -> &[String] {
        self.ids.get(table).map_or(&[], Vec::as_slice)
    }

    /// One with a number of its own, in which optional fields are there or not.
    pub(crate) fn document(&mut self, takes: &Value) -> Value {
        let document = self.value(takes);
        let mut document = document.expect("the table comes after what it needs");
        self.made += 1;
        document[NUMBER] = json!(self.made);
        document
    }

    fn below(&mut self, end: usize) -> usize {
        // Knuth's MMIX.
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % end
    }

    /// Nothing where it needs what isn't there yet.
    fn value(&mut self, of: &Value) -> Option<Value> {
        Some(match of["type"].as_str().unwrap() {
            "id" => match of["tableName"].as_str().unwrap() {
                "users" => json!(self.user),
                table => {
                    let count = self.known(table).len();
                    let chosen = (count > 0).then(|| self.below(count))?;
                    json!(self.known(table)[chosen])
                }
            },
            "string" => json!(format!("text {}", self.below(1000))),
            "number" => json!(self.below(1000)),
            "bigint" => json!({"$integer": "AQAAAAAAAIA="}),
            "boolean" => json!(self.below(2) == 0),
            "bytes" => json!({"$bytes": "AAECAw=="}),
            "null" => Value::Null,
            "any" => json!({"deep": [self.below(10), null, "text"]}),
            "literal" => of["value"].clone(),
            "array" => {
                let count = self.below(4);
                (0..count)
                    .filter_map(|_| self.value(&of["value"]))
                    .collect()
            }
            "record" => {
                let (keys, values) = (&of["keys"], &of["values"]["fieldType"]);
                let count = self.below(3);
                let entries = (0..count).filter_map(|at| {
                    let key = match keys["type"].as_str()? {
                        "string" => format!("key{at}"),
                        _ => self.value(keys)?.as_str()?.to_owned(),
                    };
                    Some((key, self.value(values)?))
                });
                Value::Object(entries.collect())
            }
            "union" => {
                let members = of["value"].as_array().unwrap();
                let from = self.below(members.len());
                let mut turned = members.iter().cycle().skip(from).take(members.len());
                turned.find_map(|member| self.value(member))?
            }
            "object" => {
                let mut object = Map::new();
                for (name, field) in of["value"].as_object().unwrap() {
                    let is_optional = field["optional"] == true;
                    if is_optional && self.below(4) == 0 {
                        continue;
                    }
                    match self.value(&field["fieldType"]) {
                        Some(value) => object.insert(name.clone(), value),
                        None if is_optional => continue,
                        None => return None,
                    };
                }
                Value::Object(object)
            }
            other => panic!("`{other}`"),
        })
    }
}

/// What tells all documents that somebody has, whatever ids they have: of each table, how many and what they say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest(BTreeMap<String, (usize, u64)>);

impl Digest {
    /// Of the documents, each with its table. Ids are their documents' numbers, and what else has a name that is another on
    /// the other side, `named` says. One that says nothing of when it was made says it by when the database made it.
    pub(crate) fn of(
        documents: Vec<(&str, Map<String, Value>)>,
        mut named: BTreeMap<String, String>,
    ) -> Self {
        let mut numbers = BTreeSet::new();
        for (table, document) in &documents {
            let number = document[NUMBER].to_string();
            assert!(numbers.insert(number.clone()), "{table} {number} is twice");
            let id = document["_id"].as_str().unwrap().to_owned();
            named.insert(id, number);
        }
        let mut digest = Self::default();
        for (table, mut document) in documents {
            document.remove("_id");
            let made = document.remove("_creationTime").unwrap();
            document.entry(CREATED).or_insert(made);
            let mut hasher = DefaultHasher::new();
            told(&Value::Object(document), &named).hash(&mut hasher);
            let (count, sum) = digest.0.entry(table.to_owned()).or_default();
            *count += 1;
            *sum = sum.wrapping_add(hasher.finish());
        }
        digest
    }

    pub(crate) fn documents(&self) -> usize {
        self.0.values().map(|(count, _)| count).sum()
    }
}

/// The value as a text, with names in the place of ids.
fn told(value: &Value, named: &BTreeMap<String, String>) -> String {
    match value {
        Value::String(text) => match named.get(text) {
            Some(name) => format!("<{name}>"),
            None => value.to_string(),
        },
        Value::Array(items) => items.iter().map(|item| told(item, named) + ",").collect(),
        Value::Object(fields) => {
            let mut fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| {
                    let name = named.get(name).map_or(name.clone(), |n| format!("<{n}>"));
                    format!("{name}:{};", told(value, named))
                })
                .collect();
            fields.sort();
            format!("{{{}}}", fields.concat())
        }
        other => other.to_string(),
    }
}
