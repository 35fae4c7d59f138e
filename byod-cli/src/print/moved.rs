//! What `byod move` prints.

use std::io::{self, Write};

use super::style::{BAD, BOLD, GOOD, MIND};
use crate::records::disconnect;
use crate::records::moving::{Moved, Planned, Report};

pub(crate) fn moved(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    match report {
        Report::Planned(report) => planned(report, out),
        Report::Moved(report) => done(report, out),
    }
}

fn planned(report: &Planned, out: &mut dyn Write) -> io::Result<()> {
    let names = report
        .tables
        .iter()
        .map(|table| table.table.chars().count());
    let width = names.max().unwrap_or(0).max("table".len());
    writeln!(
        out,
        "{BOLD}{:width$}  {:>10}  {:>12}{BOLD:#}",
        "table", "documents", "bytes"
    )?;
    let (mut documents, mut bytes) = (0, 0);
    for table in &report.tables {
        let name = &table.table;
        writeln!(
            out,
            "{name:width$}  {:>10}  {:>12}",
            table.documents, table.bytes
        )?;
        documents += table.documents;
        bytes += table.bytes;
    }
    writeln!(
        out,
        "{BOLD}{:width$}  {documents:>10}  {bytes:>12}{BOLD:#}",
        "all"
    )?;
    let timeless = report.tables.iter().filter(|table| !table.keeps_time);
    let timeless: Vec<&str> = timeless.map(|table| table.table.as_str()).collect();
    if !timeless.is_empty() {
        writeln!(
            out,
            "\n{MIND}No field says when these were made, once they are made anew: {}{MIND:#}",
            timeless.join(", ")
        )?;
    }
    for table in &report.tables {
        for field in &table.not_looked_into {
            let name = &table.table;
            writeln!(
                out,
                "{MIND}`{name}.{field}` may hold anything: ids in it stay as they are{MIND:#}"
            )?;
        }
    }
    if let Some(problem) = &report.problem {
        writeln!(out, "\n{BAD}It can't move: {problem}{BAD:#}")?;
    }
    Ok(())
}

/// What `byod disconnect` prints.
pub(crate) fn disconnected(report: &disconnect::Report, out: &mut dyn Write) -> io::Result<()> {
    let user = &report.user_id;
    writeln!(
        out,
        "{GOOD}{user:?} has no deployment in use: main answers.{GOOD:#}"
    )?;
    match (&report.left, &report.unknown) {
        (Some(left), _) if left.documents > 0 => writeln!(
            out,
            "{MIND}{} documents ({} bytes) stay on their deployment.{MIND:#} \
             `byod move --user {user} --to main` brings them.",
            left.documents, left.bytes
        ),
        (_, Some(why)) => writeln!(
            out,
            "{MIND}How many documents stay on their deployment isn't known: {why}{MIND:#}"
        ),
        _ => Ok(()),
    }
}

fn done(report: &Moved, out: &mut dyn Write) -> io::Result<()> {
    let Moved {
        documents,
        files,
        kept,
        seconds,
        ..
    } = report;
    writeln!(
        out,
        "{GOOD}{documents} documents and {files} files moved, in {seconds:.1} s.{GOOD:#}"
    )?;
    if *kept > 0 {
        writeln!(
            out,
            "{BAD}{kept} documents are where they were: they can't be on the other side.{BAD:#}"
        )?;
    }
    for left in &report.left {
        let (table, id, reason) = (&left.table, &left.id, &left.reason);
        writeln!(out, "  {MIND}{table} {id}: {reason}{MIND:#}")?;
    }
    for note in &report.notes {
        let (what, times) = (&note.what, note.times);
        writeln!(out, "  {MIND}{what}, {times} times{MIND:#}")?;
    }
    Ok(())
}
