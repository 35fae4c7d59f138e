//! What both sides say, as it is on the wire, and whether they go together.

use std::collections::BTreeMap;

use byod_schema::Validator;
use serde::{Deserialize, Serialize};

/// What moves of a table.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    pub(super) found: Found,
    /// The field for when a document was made.
    pub(super) created: Option<String>,
    pub(super) takes: Validator,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub(super) enum Found {
    All,
    Owner {},
    Parent { parents: Vec<String> },
}

/// The tables in the order in which they move.
pub(super) type Plan = Vec<(String, Table)>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) old: String,
    #[serde(default)]
    pub(super) created: f64,
    pub(super) hash: String,
}

#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) rows: Vec<Row>,
    pub(super) bytes: f64,
    pub(super) cursor: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Children {
    pub(super) rows: Vec<Row>,
    pub(super) bytes: f64,
    pub(super) taken: f64,
}

/// A document on its way: nothing of its text is looked at.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) old: String,
    created: f64,
    pub(super) text: String,
    pub(super) hash: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct File {
    pub(super) old: String,
    url: String,
    sha256: String,
    pub(super) size: f64,
}

#[derive(Deserialize)]
pub(super) struct Documents {
    pub(super) documents: Vec<Document>,
    pub(super) files: Vec<File>,
    pub(super) taken: f64,
}

#[derive(Deserialize)]
pub(super) struct Noted {
    pub(super) old: String,
    pub(super) hash: String,
    pub(super) note: Option<String>,
}

/// A document as both sides know it: of what is `old` on the side that gives, what is `new` on the side that takes it.
#[derive(Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) old: String,
    pub(super) new: String,
    created: f64,
    pub(super) hash: String,
    pub(super) written: String,
}

#[derive(Deserialize)]
pub(super) struct Brought {
    pub(super) rows: Vec<Pair>,
    pub(super) cursor: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Next {
    pub(super) rows: Vec<Noted>,
    pub(super) cursor: Option<String>,
}

/// How documents are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// What they refer to may come later.
    First,
    /// Those that can't be without each other, with other ids in the place of theirs.
    Bridge,
    /// The same with theirs, but for what is kept back: then others may be, too.
    Close,
    /// The same for good.
    Settle,
    /// What isn't there doesn't come.
    Final,
}

impl Pass {
    pub(super) fn rings(self) -> Option<&'static str> {
        match self {
            Self::First | Self::Final => None,
            Self::Bridge => Some("bridge"),
            Self::Close => Some("close"),
            Self::Settle => Some("settle"),
        }
    }
}

#[derive(Default, Deserialize)]
pub(super) struct Written {
    pub(super) done: f64,
    pub(super) partial: f64,
    pub(super) kept: f64,
}

impl Written {
    /// What became of others.
    pub(super) fn add(&mut self, others: Self) {
        self.done += others.done;
        self.partial += others.partial;
        self.kept += others.kept;
    }
}

#[derive(Deserialize)]
pub(super) struct Verified {
    pub(super) hashes: Vec<String>,
    pub(super) done: f64,
    pub(super) kept: f64,
    pub(super) wrong: Vec<String>,
    /// How many of those aren't there any more.
    #[serde(default)]
    pub(super) gone: f64,
    /// What documents are without that are here: none of sides that were exported before it was told.
    #[serde(default)]
    pub(super) notes: Vec<Often>,
    pub(super) cursor: Option<String>,
}

/// A note, with how often it is so.
#[derive(Deserialize)]
pub(super) struct Often {
    pub(super) note: String,
    pub(super) times: f64,
}

/// What would become of documents on the other side.
#[derive(Deserialize)]
pub(super) struct Survey {
    pub(super) references: f64,
    pub(super) files: Vec<Sized>,
    /// Where the first of them is: sides that were exported before don't say it.
    #[serde(default, rename = "fileUrl")]
    pub(super) file_url: Option<String>,
    pub(super) stays: Vec<Staying>,
    pub(super) without: Vec<String>,
    pub(super) taken: f64,
}

impl Survey {
    /// Of one document that can't be read.
    pub(super) fn staying(old: &str, reason: String) -> Self {
        let stays = Staying {
            old: old.to_owned(),
            reason,
            is_misfit: false,
        };
        Self {
            references: 0.0,
            files: Vec::new(),
            file_url: None,
            stays: vec![stays],
            without: Vec::new(),
            taken: 1.0,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Sized {
    pub(super) id: String,
    pub(super) size: f64,
}

#[derive(Deserialize)]
pub(super) struct Staying {
    pub(super) old: String,
    pub(super) reason: String,
    /// Whether the other side's table takes no such document.
    #[serde(rename = "isMisfit")]
    pub(super) is_misfit: bool,
}

#[derive(Deserialize)]
pub(super) struct Removed {
    pub(super) changed: f64,
}

/// The tables of a plan, in its order.
pub(super) struct Tables(pub(super) Plan);

impl<'de> Deserialize<'de> for Tables {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Tables;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the tables that move")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Tables, A::Error> {
                let mut tables = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    tables.push(entry);
                }
                Ok(Tables(tables))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Where both sides' tables are not the same, by the names of the giving side's.
pub(super) enum Differs<'p> {
    /// There is none on the other side.
    IsNotThere,
    /// What the other side's takes.
    Takes(&'p Validator),
}

pub(super) fn difference<'p>(from: &Plan, to: &'p Plan) -> BTreeMap<String, Differs<'p>> {
    let to: BTreeMap<&str, &Validator> = to
        .iter()
        .map(|(name, table)| (name.as_str(), &table.takes))
        .collect();
    let differs = from.iter().filter_map(|(name, table)| {
        let how = match to.get(name.as_str()).copied() {
            None => Differs::IsNotThere,
            Some(takes) if *takes != table.takes => Differs::Takes(takes),
            Some(_) => return None,
        };
        Some((name.clone(), how))
    });
    differs.collect()
}
