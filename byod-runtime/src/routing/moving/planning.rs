//! What a move would do, found without writing anything.

use std::collections::BTreeMap;

use byod_schema::Validator;

use super::super::service::Byod;
use super::sides::Side;
use super::state::Direction;
use super::steps::is_refused;
use super::wire::{Children, Found, Page, Plan, Row, Table, difference};
use crate::error::Error;
use crate::users::{Subject, UserId};

/// What a move would do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlannedMove {
    /// Which way.
    pub direction: Direction,
    /// What would move, in that order.
    pub tables: Vec<PlannedTable>,
    /// Why it can't be, where it can't.
    pub problem: Option<String>,
}

/// What would move of one table.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlannedTable {
    /// Its name.
    pub table: String,
    /// How many documents.
    pub documents: u64,
    /// How long they are as JSON.
    pub bytes: u64,
    /// The fields that may hold anything: ids in them stay as they are.
    pub not_looked_into: Vec<String>,
    /// Whether documents say when they were made, also once they are made anew.
    pub keeps_time: bool,
}

impl Byod {
    pub(super) async fn planned(
        &self,
        user: &UserId,
        subject: &Subject,
        direction: Direction,
    ) -> Result<PlannedMove, Error> {
        let (from, to) = self.sides(user, subject.as_str(), direction).await?;
        let (plan, taking) = (from.plan().await?, to.plan().await?);
        Ok(PlannedMove {
            direction,
            tables: measured(&from, &plan).await?,
            problem: difference(&plan, &taking),
        })
    }
}

async fn measured(from: &Side, plan: &Plan) -> Result<Vec<PlannedTable>, Error> {
    let is_parent = |name: &str| {
        plan.iter().any(|(_, table)| {
            matches!(&table.found, Found::Parent { parents } if parents.iter().any(|of| of == name))
        })
    };
    // Of those alone that others are found by.
    let mut ids: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut measured = Vec::new();
    for (name, table) in plan {
        let mut rows = Counted {
            ids: is_parent(name).then(Vec::new),
            ..Counted::default()
        };
        match &table.found {
            Found::All | Found::Owner {} => rows.pages(from, name, None).await?,
            Found::Parent { parents } => {
                for parent in parents {
                    let all = ids.get(parent.as_str()).map_or(&[][..], Vec::as_slice);
                    rows.children(from, name, all).await?;
                }
            }
        }
        measured.push(PlannedTable {
            table: name.clone(),
            documents: rows.documents,
            bytes: rows.bytes,
            not_looked_into: anything(table),
            keeps_time: table.created.is_some(),
        });
        ids.insert(name, rows.ids.unwrap_or_default());
    }
    Ok(measured)
}

#[derive(Default)]
struct Counted {
    documents: u64,
    bytes: u64,
    ids: Option<Vec<String>>,
}

impl Counted {
    fn add(&mut self, rows: Vec<Row>, bytes: f64) {
        self.documents += rows.len() as u64;
        self.bytes += bytes as u64;
        if let Some(ids) = &mut self.ids {
            ids.extend(rows.into_iter().map(|row| row.old));
        }
    }

    async fn pages(&mut self, from: &Side, table: &str, parent: Option<&str>) -> Result<(), Error> {
        let (mut cursor, mut count) = (None, 400);
        loop {
            let cursor_: Option<&String> = cursor.as_ref();
            let page = from.page(table, parent, cursor_.map(String::as_str), count);
            let page: Page = match page.await {
                Err(error) if is_refused(&error) && count > 1 => {
                    count /= 2;
                    continue;
                }
                page => page?,
            };
            self.add(page.rows, page.bytes);
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn children(&mut self, from: &Side, table: &str, of: &[String]) -> Result<(), Error> {
        let mut left = of;
        while !left.is_empty() {
            let some = &left[..left.len().min(200)];
            let children = from.children(table, some, 400).await;
            let children = match children {
                Err(error) if is_refused(&error) => Children::default(),
                children => children?,
            };
            let taken = (children.taken as usize).min(some.len());
            self.add(children.rows, children.bytes);
            left = &left[taken..];
            if let (0, [parent, others @ ..]) = (taken, left) {
                self.pages(from, table, Some(parent)).await?;
                left = others;
            }
        }
        Ok(())
    }
}

/// Where the table's documents may hold anything.
fn anything(table: &Table) -> Vec<String> {
    let mut found = Vec::new();
    look(&table.takes, "", &mut found);
    found.dedup();
    found
}

fn look(validator: &Validator, at: &str, found: &mut Vec<String>) {
    match validator {
        Validator::Any | Validator::Other(_) => found.push(at.to_owned()),
        Validator::Array { value } => look(value, &format!("{at}[]"), found),
        Validator::Record { values, .. } => look(&values.field_type, &format!("{at}[]"), found),
        Validator::Union { value } => value.iter().for_each(|of| look(of, at, found)),
        Validator::Object { value } => {
            for (name, field) in value.iter() {
                let at = match at.is_empty() {
                    true => name.to_owned(),
                    false => format!("{at}.{name}"),
                };
                look(&field.field_type, &at, found);
            }
        }
        _ => {}
    }
}
