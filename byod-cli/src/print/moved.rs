//! What `byod move` prints.

use std::io::{self, Write};

use super::style::{BAD, BOLD, GOOD, MIND};
use crate::records::disconnect;
use crate::records::moving::{Moved, Planned, Report, Table};

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
    let line = |name: &str, of: [String; 5]| {
        let [documents, bytes, references, files, stays] = of;
        format!(
            "{name:width$}  {documents:>10}  {bytes:>12}  {references:>10}  {files:>7}  {stays:>7}"
        )
    };
    let head = ["documents", "bytes", "references", "files", "stay"].map(str::to_owned);
    writeln!(out, "{BOLD}{}{BOLD:#}", line("table", head))?;
    let counts = |table: &Table| {
        let bytes = table.bytes.saturating_add(table.file_bytes);
        [
            table.documents,
            bytes,
            table.references,
            table.files,
            table.stays,
        ]
    };
    let mut all = [0; 5];
    for table in &report.tables {
        let counts = counts(table);
        writeln!(out, "{}", line(&table.table, counts.map(|n| n.to_string())))?;
        for (sum, count) in all.iter_mut().zip(counts) {
            *sum = u64::saturating_add(*sum, count);
        }
    }
    let all = line("all", all.map(|n| n.to_string()));
    writeln!(out, "{BOLD}{all}{BOLD:#}")?;
    writeln!(out, "It would take about {:.0} s.", report.seconds)?;
    for table in &report.tables {
        let name = &table.table;
        for stays in &table.staying {
            let (id, reason) = (&stays.id, &stays.reason);
            writeln!(out, "{BAD}{name} {id} stays: {reason}{BAD:#}")?;
        }
        for note in &table.without {
            let (what, times) = (&note.what, note.times);
            writeln!(out, "{MIND}{name}: without `{what}`, {times} times{MIND:#}")?;
        }
        for field in &table.not_looked_into {
            writeln!(
                out,
                "{MIND}`{name}.{field}` may hold anything: ids in it stay as they are{MIND:#}"
            )?;
        }
    }
    let timeless = report.tables.iter().filter(|table| !table.keeps_time);
    let timeless: Vec<&str> = timeless.map(|table| table.table.as_str()).collect();
    undated(&timeless, out)?;
    if let Some(problem) = &report.problem {
        writeln!(out, "\n{BAD}It can't move: {problem}{BAD:#}")?;
    }
    Ok(())
}

fn undated(tables: &[&str], out: &mut dyn Write) -> io::Result<()> {
    if tables.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "{MIND}No field says when these were made, once they are made anew: {}{MIND:#}",
        tables.join(", ")
    )
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
             `byod move --user {}{} --to main` brings them.",
            left.documents,
            left.bytes,
            for_shell(user),
            report
                .subject
                .as_deref()
                .map_or(String::new(), |subject| format!(
                    " --subject {}",
                    for_shell(subject)
                ))
        ),
        (_, Some(why)) => writeln!(
            out,
            "{MIND}How many documents stay on their deployment isn't known: {why}{MIND:#}"
        ),
        _ => Ok(()),
    }
}

/// As a shell takes it for one word.
fn for_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@+=,".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
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
    let tables: Vec<&str> = report.undated.iter().map(String::as_str).collect();
    undated(&tables, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is printed to be copied says of whom it was.
    #[test]
    fn what_brings_them_names_the_same_user() {
        let printed = |subject: Option<&str>| {
            let report = disconnect::Report {
                user_id: "k17a".to_owned(),
                subject: subject.map(str::to_owned),
                left: Some(disconnect::Left {
                    documents: 3,
                    bytes: 100,
                }),
                unknown: None,
            };
            let mut out = Vec::new();
            disconnected(&report, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert!(printed(None).contains("`byod move --user k17a --to main`"));
        let said = printed(Some("auth0|o'neill"));
        let line = r"`byod move --user k17a --subject 'auth0|o'\''neill' --to main`";
        assert!(said.contains(line), "{said}");
    }
}
