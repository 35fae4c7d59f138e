//! Tables of text with aligned columns.

use std::fmt;

use serde::{Serialize, Serializer};

/// Rows under a heading. The first column is aligned left, all others right.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: &[&str]) -> Self {
        Self {
            rows: vec![heading.iter().map(|&cell| cell.to_owned()).collect()],
        }
    }

    /// Whether there is nothing under the heading.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

/// An object a row, its keys being the heading; numbers as such.
impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (heading, rows) = self.rows.split_first().unwrap_or((EMPTY, &[]));
        serializer.collect_seq(rows.iter().map(|row| {
            let cells = heading.iter().zip(row).map(|(key, cell)| {
                let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
                let value = number.map_or_else(|| cell.as_str().into(), serde_json::Value::from);
                (key.clone(), value)
            });
            cells.collect::<serde_json::Map<_, _>>()
        }))
    }
}

const EMPTY: &Vec<String> = &Vec::new();

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let width = widths[column];
                match column {
                    0 => write!(f, "| {cell:width$} |")?,
                    _ => write!(f, " {cell:>width$} |")?,
                }
            }
            writeln!(f)?;
            if number == 0 {
                for (column, &width) in widths.iter().enumerate() {
                    match column {
                        0 => write!(f, "| {} |", "-".repeat(width))?,
                        _ => write!(f, " {}: |", "-".repeat(width.saturating_sub(1)))?,
                    }
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
