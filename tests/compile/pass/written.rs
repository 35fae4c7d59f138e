//! Written fields are checked; aliases, newtypes and other names work.

use std::collections::HashMap;

use byod_runtime::{Doc, Field, Id, Value, byod_table, v};
use serde::{Deserializer, Serializer};

#[byod_table(location = "main")]
pub struct Users {
    pub name: String,
}

type Language = String;
type Tags = Vec<String>;
type Maybe = Option<String>;

#[derive(Debug, PartialEq)]
pub struct Volume(f64);

impl Field<v::Number> for Volume {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Field::<v::Number>::encode(&self.0, serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <f64 as Field<v::Number>>::decode(deserializer).map(Volume)
    }
}

#[byod_table(location = "main", table = "userPreferences")]
#[derive(Debug)]
pub struct Preferences {
    pub user_id: Id<Users>,
    pub language: Language,
    pub theme: Maybe,
    pub volume: Volume,
    pub visits: i64,
    pub muted: bool,
    /// Labels.
    #[byod(rename = "tags")]
    pub labels: Tags,
    pub nickname: Option<String>,
    pub plan: user_preferences::Plan,
    layout: Value,
    pub counters: HashMap<String, i64>,
}

// Each struct brings a module called like the table: a second view goes elsewhere.
mod own {
    use byod_runtime::byod_table;

    #[byod_table(location = "main", table = "userPreferences", partial)]
    pub struct Volumes {
        pub volume: f64,
        /// A union of string literals fits a `String` too.
        pub plan: String,
    }
}

#[test]
fn runs() {
    let json = r#"{"_id": "p1", "_creationTime": 1, "userId": "u", "language": "en", "volume": 0.5,
        "visits": {"$integer": "KgAAAAAAAAA="}, "muted": false, "tags": ["a"], "nickname": null,
        "plan": "enterprise", "layout": {"columns": 2}, "counters": {}}"#;
    let doc: Doc<Preferences> = serde_json::from_str(json).unwrap();
    assert_eq!(
        (&doc.volume, doc.visits, doc.theme.as_ref()),
        (&Volume(0.5), 42, None)
    );
    assert_eq!(doc.labels, ["a"]);
    // A literal that this build doesn't know is kept, and written back as it came.
    assert_eq!(doc.plan.as_str(), "enterprise");
    assert_eq!(serde_json::to_value(&doc).unwrap()["plan"], "enterprise");
}
