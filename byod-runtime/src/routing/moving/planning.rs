//! What a move would do, found without writing anything.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use byod_schema::Validator;
use url::Url;

use super::super::service::Byod;
use super::refusal::{is_refused, reason_of};
use super::sides::Side;
use super::state::Direction;
use super::steps::{BATCH, PAGE, Stop};
use super::taken::Taken;
use super::wire::{Children, Differs, Found, Page, Plan, Row, Survey, Table, difference};
use crate::deployment::Owner;
use crate::error::{Claim, ConnectionProblem, EXPLANATION, Error, one_line};
use crate::users::{Subject, UserId};

/// What a move would do.
///
/// ```
/// use byod_runtime::{Byod, Error};
///
/// async fn asked(byod: &Byod, user_id: &str, subject: &str) -> Result<String, Error> {
///     let planned = byod.move_in(user_id, subject).plan().await?;
///     Ok(match planned.problem {
///         Some(problem) => problem,
///         None => format!("It takes about {} s.", planned.takes.as_secs()),
///     })
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlannedMove {
    /// Which way.
    pub direction: Direction,
    /// What would move, in that order.
    pub tables: Vec<PlannedTable>,
    /// Why it can't be, where it can't.
    pub problem: Option<String>,
    /// How long it would take, guessed from how long reading has taken.
    pub takes: Duration,
}

/// What would move of one table.
///
/// ```
/// use byod_runtime::PlannedTable;
///
/// fn told(table: &PlannedTable) -> String {
///     let moves = table.documents - table.stays;
///     format!("{}: {moves} documents of {}", table.table, table.documents)
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PlannedTable {
    /// Its name.
    pub table: String,
    /// How many documents.
    pub documents: u64,
    /// How long they are as JSON.
    pub bytes: u64,
    /// How many ids in them become others.
    pub references: u64,
    /// How many files they name that no table before does.
    pub files: u64,
    /// How large those are.
    pub file_bytes: u64,
    /// How many of the documents can't be on the other side, and would stay.
    pub stays: u64,
    /// Those, a hundred at the most, by their ids and with the reason.
    pub staying: Vec<(String, String)>,
    /// What others would be without, each with how many.
    pub without: Vec<(String, u64)>,
    /// The fields that may hold anything: ids in them stay as they are.
    pub not_looked_into: Vec<String>,
    /// Whether documents say when they were made, also once they are made anew.
    pub keeps_time: bool,
}

/// How many that stay are named, of each table.
const NAMED: usize = 100;

/// How many that stay are known when others are looked at that may need them.
const KNOWN: usize = 4_000;

/// How often as long as one reading of it all a move takes: it is listed, copied, and compared
/// on both sides.
const READINGS: u32 = 6;

/// How many bytes of files are copied a second.
const FILES: u64 = 5_000_000;

impl Byod {
    pub(super) async fn planned(
        &self,
        user: &UserId,
        subject: &Subject,
        direction: Direction,
    ) -> Result<PlannedMove, Error> {
        let (from, to) = self.sides(user, subject.as_str(), direction).await?;
        let (plan, taking) = (from.plan().await?, to.plan().await?);
        let begun = Instant::now();
        let mut survey = Surveying {
            from: &from,
            differs: difference(&plan, &taking),
            taken: Taken::new(direction, self.inner().most_moved_out),
            tables: Vec::new(),
            files: HashSet::new(),
            staying: Vec::new(),
            misfits: BTreeMap::new(),
        };
        let problem = match survey.all(&plan).await {
            Ok(()) => match survey.problem() {
                // What moves from there it has refused already.
                None if direction == Direction::In => to.foreign().await,
                problem => problem,
            },
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Impossible(reason)) => Some(reason),
            Err(Stop::Lost) => None,
        };
        let tables = survey.tables.iter().map(|table| table.file_bytes);
        let files = tables.fold(0, u64::saturating_add);
        let copying =
            (begun.elapsed() * READINGS).saturating_add(Duration::from_secs(files / FILES));
        Ok(PlannedMove {
            direction,
            tables: survey.tables,
            problem,
            takes: copying.max(self.settling()),
        })
    }
}

impl Side {
    /// That the user's deployment is somebody else's, where it is.
    async fn foreign(&self) -> Option<String> {
        let owner = Owner::Subject(&self.subject);
        let state = self.client.claim_state(owner, self.client.deadline());
        // What else is wrong with it a move says that begins.
        let is_foreign = matches!(state.await, Ok(Claim::SomebodyElses));
        is_foreign.then(|| ConnectionProblem::SomebodyElses.to_string())
    }
}

/// All that would move, gone through.
struct Surveying<'a> {
    from: &'a Side,
    differs: BTreeMap<String, Differs<'a>>,
    taken: Taken,
    tables: Vec<PlannedTable>,
    /// Those that were met.
    files: HashSet<String>,
    /// The ids of what stays.
    staying: Vec<String>,
    /// How many documents the other side's table doesn't take.
    misfits: BTreeMap<String, u64>,
}

impl Surveying<'_> {
    async fn all(&mut self, plan: &Plan) -> Result<(), Stop> {
        let is_parent = |name: &str| {
            plan.iter().any(|(_, table)| {
                matches!(&table.found, Found::Parent { parents } if parents.iter().any(|of| of == name))
            })
        };
        // Of those alone that others are found by.
        let mut ids: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, table) in plan {
            self.tables.push(PlannedTable {
                table: name.clone(),
                not_looked_into: anything(table),
                keeps_time: table.created.is_some(),
                ..PlannedTable::default()
            });
            let mut own = is_parent(name).then(Vec::new);
            match &table.found {
                Found::All | Found::Owner {} => self.pages(name, None, &mut own).await?,
                Found::Parent { parents } => {
                    for parent in parents {
                        let of = ids.get(parent.as_str()).map_or(&[][..], Vec::as_slice);
                        self.children(name, of, &mut own).await?;
                    }
                }
            }
            ids.insert(name, own.unwrap_or_default());
        }
        Ok(())
    }

    /// What the other side's schema doesn't take.
    fn problem(&self) -> Option<String> {
        let lacks = |table: &PlannedTable| {
            let name = &table.table;
            match self.differs.get(name)? {
                Differs::IsNotThere if table.documents > 0 => {
                    Some(format!("the other side has no table `{name}`"))
                }
                Differs::Takes(_) => {
                    let misfits = self.misfits.get(name)?;
                    Some(format!(
                        "`{name}` is not the same on both sides, and {misfits} of its documents can't be on the other"
                    ))
                }
                Differs::IsNotThere => None,
            }
        };
        let problem = self.tables.iter().find_map(lacks)?;
        Some(format!(
            "{problem}: export again, and deploy main and the user's deployment"
        ))
    }

    async fn pages(
        &mut self,
        table: &str,
        parent: Option<&str>,
        ids: &mut Option<Vec<String>>,
    ) -> Result<(), Stop> {
        let (mut cursor, mut count): (Option<String>, _) = (None, PAGE);
        loop {
            let page = self.from.page(table, parent, cursor.as_deref(), count);
            let page: Page = match page.await {
                Err(error) if is_refused(&error) && count > 1 => {
                    count /= 2;
                    continue;
                }
                page => page?,
            };
            self.add(table, page.rows, page.bytes, ids).await?;
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn children(
        &mut self,
        table: &str,
        of: &[String],
        ids: &mut Option<Vec<String>>,
    ) -> Result<(), Stop> {
        let mut left = of;
        while !left.is_empty() {
            let some = &left[..left.len().min(BATCH)];
            let children = match self.from.children(table, some, PAGE).await {
                Err(error) if is_refused(&error) => Children::default(),
                children => children?,
            };
            let taken = (children.taken as usize).min(some.len());
            self.add(table, children.rows, children.bytes, ids).await?;
            left = &left[taken..];
            if let (0, [parent, others @ ..]) = (taken, left) {
                self.pages(table, Some(parent), ids).await?;
                left = others;
            }
        }
        Ok(())
    }

    async fn add(
        &mut self,
        table: &str,
        rows: Vec<Row>,
        bytes: f64,
        ids: &mut Option<Vec<String>>,
    ) -> Result<(), Stop> {
        let taken = self
            .taken
            .rows(&rows)
            .and_then(|()| self.taken.texts(bytes));
        taken.map_err(Stop::Impossible)?;
        self.from.calls.allow(rows.len() as u64);
        let all: Vec<String> = rows.into_iter().map(|row| row.old).collect();
        let takes = match self.differs.get(table) {
            Some(Differs::Takes(takes)) => Some(*takes),
            _ => None,
        };
        if let Some(planned) = self.tables.last_mut() {
            planned.documents += all.len() as u64;
            planned.bytes = planned.bytes.saturating_add(bytes as u64);
        }
        let (mut left, mut count) = (&all[..], BATCH);
        while !left.is_empty() {
            let some = &left[..left.len().min(count)];
            let survey = match self.from.survey(table, some, &self.staying, takes).await {
                Err(error) if is_refused(&error) && some.len() > 1 => {
                    count = some.len() / 2;
                    continue;
                }
                // One that can't be read stays where it is, and nothing else does for that.
                Err(error) if is_refused(&error) => Survey::staying(&some[0], reason_of(&error)),
                survey => survey?,
            };
            let Some(planned) = self.tables.last_mut() else {
                return Ok(());
            };
            if let (Some(at), Some(origin)) = (&survey.file_url, &self.from.origin) {
                are_there(at, origin).map_err(Stop::Impossible)?;
            }
            let references = survey.references as u64;
            planned.references = planned.references.saturating_add(references);
            let mut files = survey.files;
            files.retain(|file| self.files.insert(file.id.clone()));
            for file in &files {
                self.taken.file(file.size).map_err(Stop::Impossible)?;
            }
            planned.files += files.len() as u64;
            let sizes = files.iter().map(|file| file.size as u64);
            planned.file_bytes = sizes.fold(planned.file_bytes, u64::saturating_add);
            let stays = survey.stays.into_iter();
            for stays in stays.filter(|stays| some.contains(&stays.old)) {
                planned.stays += 1;
                if stays.is_misfit {
                    *self.misfits.entry(table.to_owned()).or_default() += 1;
                }
                if self.staying.len() < KNOWN {
                    self.staying.push(stays.old.clone());
                }
                if planned.staying.len() < NAMED {
                    let reason = one_line(&stays.reason, EXPLANATION);
                    planned.staying.push((stays.old, reason));
                }
            }
            for what in &survey.without {
                let what = one_line(what, EXPLANATION);
                let place = planned.without.iter().position(|(known, _)| *known == what);
                match place {
                    Some(place) => planned.without[place].1 += 1,
                    None if planned.without.len() < NAMED => planned.without.push((what, 1)),
                    None => {}
                }
            }
            left = &left[(survey.taken as usize).clamp(1, some.len())..];
            count = (count * 2).min(BATCH);
        }
        if let Some(ids) = ids {
            ids.extend(all);
        }
        Ok(())
    }
}

/// Whether files are where the deployment is: from nowhere else are any fetched.
fn are_there(url: &str, deployment: &str) -> Result<(), String> {
    let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
    let (files, called) = (origin(url), origin(deployment));
    if files == called {
        return Ok(());
    }
    let files = files.map_or_else(|| url.to_owned(), |files| files.ascii_serialization());
    Err(format!(
        "the deployment's files are at {}, and it is called at {deployment}: connect it at where its files are, or have them be where \
         it is called (`CONVEX_CLOUD_ORIGIN`, where one runs it oneself)",
        one_line(&files, EXPLANATION)
    ))
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
