//! What is printed in the end, as text or as JSON.

mod plot;
mod table;

use std::fmt;

use serde::Serialize;

pub(crate) use plot::plot;
pub(crate) use table::Table;

/// Figures of one subject.
#[derive(Serialize)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) table: Table,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) notes: Vec<String>,
}

impl Section {
    pub(crate) fn new(title: impl Into<String>, table: Table) -> Self {
        Self {
            title: title.into(),
            table,
            requirements: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// What a figure should be.
#[derive(Serialize)]
pub(crate) struct Requirement {
    what: String,
    figure: f64,
    wanted: String,
    reached: bool,
}

impl Requirement {
    pub(crate) fn at_least(what: impl Into<String>, figure: f64, limit: f64) -> Self {
        Self::new(what.into(), figure, "≥", limit, figure >= limit)
    }

    pub(crate) fn at_most(what: impl Into<String>, figure: f64, limit: f64) -> Self {
        Self::new(what.into(), figure, "≤", limit, figure <= limit)
    }

    fn new(what: String, figure: f64, sign: &str, limit: f64, reached: bool) -> Self {
        Self {
            what,
            figure,
            wanted: format!("{sign} {limit}"),
            reached,
        }
    }
}

/// Everything that was measured in one run.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) sections: Vec<Section>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Section {
            title,
            table,
            notes,
            ..
        } in &self.sections
        {
            writeln!(f, "\n{title}\n\n{table}")?;
            for note in notes {
                writeln!(f, "- {note}")?;
            }
        }
        let mut table = Table::new(&["requirement", "figure", "wanted", ""]);
        let requirements = self.sections.iter().flat_map(|one| &one.requirements);
        for Requirement {
            what,
            figure,
            wanted,
            reached,
        } in requirements
        {
            table.row(vec![
                what.clone(),
                significant(*figure),
                wanted.clone(),
                match reached {
                    true => "reached".to_owned(),
                    false => "NOT REACHED".to_owned(),
                },
            ]);
        }
        match table.is_empty() {
            true => Ok(()),
            false => writeln!(f, "\nWhat should be reached\n\n{table}"),
        }
    }
}

/// Three digits that count.
fn significant(figure: f64) -> String {
    match figure.abs() {
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        1.0.. => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

/// The one in the middle; not a number where there is none.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
