//! What the commands print: for people, with colour on a terminal, or JSON.

mod fleet;
mod functions;
mod moved;
mod style;

use std::io::{self, Write};

use anstyle::Style;
use byod_schema::Location;
use serde::Serialize;

use crate::error::Error;
use crate::export::{self, main_side};
use crate::export::{Fate, Typecheck};
use crate::records::release::{self, Outcome};
use crate::records::rotate;
use crate::{check, service};
pub(crate) use fleet::{Listing, rollout, round, stopped};
pub(crate) use moved::{disconnected, moved};
use style::{BAD, BOLD, GOOD, MIND, QUIET};

/// Prints the report as JSON, or as `human` does.
pub(crate) fn either<R: Serialize>(
    json: bool,
    report: &R,
    human: impl Fn(&R, &mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    // Strips colours where they are not wanted: no terminal, NO_COLOR.
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let printed = if json {
        serde_json::to_writer_pretty(&mut out, report)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        human(report, &mut out)
    };
    finish(printed.and_then(|()| out.flush()))
}

/// Prints JSON alone.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Error> {
    either(true, value, |_, _| Ok(()))
}

/// What `byod init` has begun, why, and what is next.
pub(crate) fn begun(report: &service::Begun, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}", report.folder.display())?;
    for name in &report.written {
        writeln!(out, "  {GOOD}written{GOOD:#} {name}")?;
        for line in report.lines.iter().filter(|_| name == "Cargo.toml") {
            writeln!(out, "    {QUIET}{line}{QUIET:#}")?;
        }
    }
    for name in &report.there {
        writeln!(out, "  {QUIET}was there{QUIET:#} {name}")?;
    }
    for todo in &report.todo {
        writeln!(out, "  {BAD}to do{BAD:#} {todo}")?;
    }
    if let Some(guess) = &report.guess {
        writeln!(out, "\n{BOLD}Your users' own, as guessed{BOLD:#}")?;
        for (table, field) in &guess.tables {
            writeln!(out, "  {GOOD}{table}{GOOD:#} by `{field}`")?;
        }
        if guess.tables.is_empty() {
            writeln!(out, "  none: no table was found that holds an owner")?;
        }
        for aside in &guess.aside {
            writeln!(
                out,
                "  {QUIET}not{QUIET:#} {}: it {}",
                aside.table, aside.why
            )?;
        }
    }
    writeln!(out, "\n{BOLD}Next{BOLD:#}")?;
    for (i, step) in report.next.iter().enumerate() {
        writeln!(out, "  {}. {step}", i + 1)?;
    }
    Ok(())
}

/// The closures for tests.
pub(crate) fn closures(begun: &service::Closures, out: &mut dyn Write) -> io::Result<()> {
    let file = begun.file.display();
    if begun.written {
        let (main, user) = (begun.main.len(), begun.user.len());
        writeln!(
            out,
            "{GOOD}written{GOOD:#} {file}: closures for {main} functions of main and {user} of users' deployments"
        )
    } else {
        writeln!(out, "{QUIET}was there{QUIET:#} {file}")
    }
}

/// The snapshot that was written, and what is missing in it.
pub(crate) fn snapshot(report: &service::Snapshot, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", report.snapshot.display())?;
    not_read(&report.warnings, out)
}

pub(crate) fn line(text: &str) -> Result<(), Error> {
    finish(writeln!(io::stdout(), "{text}"))
}

/// Who stops reading has read enough.
fn finish(printed: io::Result<()>) -> Result<(), Error> {
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}

pub(crate) fn error(error: &Error) {
    let style = BAD.bold();
    // Where even this fails there is nobody to tell.
    for problem in error.problems() {
        let _ = writeln!(anstream::stderr(), "{style}error:{style:#} {problem}");
    }
}

pub(crate) fn export(report: &export::Report, out: &mut dyn Write) -> io::Result<()> {
    let files = &report.files;
    let mark = |out: &mut dyn Write, style: Style, mark: &str, names: &[String]| {
        names
            .iter()
            .try_for_each(|name| writeln!(out, "  {style}{mark}{style:#} {name}"))
    };
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}, schema version {}",
        report.folder.display(),
        files.schema_version
    )?;
    mark(out, GOOD, "written", &files.written)?;
    mark(out, MIND, "removed", &files.removed)?;
    if files.written.is_empty() && files.removed.is_empty() {
        writeln!(out, "  {QUIET}nothing to change{QUIET:#}")?;
    }
    mark(out, BAD, "kept, edited by hand:", &files.kept)?;
    let file = report.functions_file.display();
    if report.functions_changed {
        writeln!(
            out,
            "  {GOOD}written{GOOD:#} {file}, where each function runs: commit it"
        )?;
    }
    if report.main_routes_changed {
        writeln!(
            out,
            "  {GOOD}written{GOOD:#} byod/routes.ts of main, by which its actions go: push it"
        )?;
    }
    if !files.kept.is_empty() {
        writeln!(
            out,
            "  Move your functions into custom/, or export with --force to overwrite these files."
        )?;
    }

    writeln!(out, "\n{BOLD}Functions{BOLD:#}")?;
    let count = |is: fn(&Fate) -> bool| report.functions.iter().filter(|f| is(&f.fate)).count();
    let carried = count(|fate| matches!(fate, Fate::Carried));
    let custom = count(|fate| matches!(fate, Fate::Custom));
    let missing = count(|fate| matches!(fate, Fate::Missing { .. }));
    writeln!(
        out,
        "  {carried} carried over from main, {custom} from custom/, {missing} missing"
    )?;
    match &report.typecheck {
        Typecheck::Done { typescript } => {
            writeln!(
                out,
                "  {GOOD}typechecked{GOOD:#} by TypeScript {typescript}"
            )?;
        }
        Typecheck::NotDone { reason } => {
            writeln!(out, "  {MIND}not typechecked{MIND:#}: {reason}")?;
        }
    }
    for function in &report.functions {
        let name = &function.function;
        match &function.fate {
            Fate::Missing { reason } => {
                writeln!(out, "  {BAD}missing{BAD:#} {name}: main's {reason}")?;
            }
            Fate::Carried | Fate::Custom => {}
        }
    }
    if missing > 0 {
        writeln!(
            out,
            "  Write the missing ones in custom/, or leave them out in Rust with `skip(name)`."
        )?;
    }
    if !report.stubs.is_empty() {
        writeln!(
            out,
            "\n{BOLD}Where main asks who calls, byod answers{BOLD:#}"
        )?;
        for stub in &report.stubs {
            writeln!(out, "  {stub}")?;
        }
    }
    if !report.ids_as_strings.is_empty() {
        writeln!(out, "\n{BOLD}Ids of main's tables, strings there{BOLD:#}")?;
        let mut by_table: std::collections::BTreeMap<&str, Vec<&str>> = Default::default();
        for id in &report.ids_as_strings {
            by_table.entry(&id.of).or_default().push(&id.at);
        }
        for (of, at) in by_table {
            writeln!(out, "  {of}: {}", at.join(", "))?;
        }
    }
    not_read(&report.warnings, out)?;
    notes(&report.notes, out)
}

pub(crate) fn main_side(report: &main_side::Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}", report.folder.display())?;
    for name in &report.written {
        writeln!(out, "  {GOOD}written{GOOD:#} {name}")?;
    }
    for name in &report.kept {
        writeln!(out, "  {BAD}kept, edited by hand:{BAD:#} {name}")?;
    }
    if !report.kept.is_empty() {
        writeln!(
            out,
            "  What is in them is yours, or of a version that didn't sign it: --force overwrites these files."
        )?;
    }
    if report.written.is_empty() && report.kept.is_empty() {
        writeln!(out, "  {QUIET}nothing to change{QUIET:#}")?;
    }
    for step in &report.todo {
        writeln!(out, "  {MIND}to do{MIND:#} {step}")?;
    }
    notes(&report.notes, out)
}

pub(crate) fn rotation(report: &rotate::Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{BOLD}{} records{BOLD:#}", report.records)?;
    for (count, what) in [
        (report.resealed, "sealed anew"),
        (report.to_reseal, "to be sealed anew"),
        (report.up_to_date, "already sealed with the current key"),
        (report.gone, "deleted meanwhile"),
    ] {
        if count > 0 {
            writeln!(out, "  {GOOD}{count}{GOOD:#} {what}")?;
        }
    }
    if !report.unopened.is_empty() {
        let count = report.unopened.len();
        writeln!(
            out,
            "  {BAD}{count}{BAD:#} can't be opened, and are left alone"
        )?;
        for record in &report.unopened {
            writeln!(
                out,
                "    {BAD}{:?}{BAD:#}: {}",
                record.user_id, record.reason
            )?;
        }
        writeln!(
            out,
            "  Name the keys they were sealed with in BYOD_FORMER_ENCRYPTION_KEYS, or have these users connect again."
        )?;
    } else if report.is_done() {
        writeln!(
            out,
            "{GOOD}Every record opens with the current key: the former ones can go.{GOOD:#}"
        )?;
    }
    Ok(())
}

pub(crate) fn release(report: &release::Report, out: &mut dyn Write) -> io::Result<()> {
    let user = &report.user_id;
    let which = match &report.deployment {
        None => format!("The deployment of {user:?}"),
        Some(url) => format!("The deployment {url}"),
    };
    match report.released {
        Outcome::Released => writeln!(
            out,
            "{GOOD}{which} is nobody's now: who connects it claims it.{GOOD:#}"
        ),
        Outcome::Unclaimed => {
            writeln!(out, "{GOOD}{which} was nobody's.{GOOD:#}")
        }
        Outcome::Unclaimable => writeln!(
            out,
            "{BAD}{which} has no module byod/claim, so it was never claimed.{BAD:#} \
             Deploy what `byod export` writes."
        ),
        Outcome::Shared => writeln!(
            out,
            "{which} is several users' on purpose (`deployments = \"shared\"`): nobody claims it."
        ),
        Outcome::SomebodyElses => {
            writeln!(out, "{BAD}{which} is somebody else's, and stays so.{BAD:#}")
        }
    }
}

fn not_read(warnings: &[String], out: &mut dyn Write) -> io::Result<()> {
    if !warnings.is_empty() {
        writeln!(out, "\n{BOLD}Not read{BOLD:#}")?;
        for warning in warnings {
            writeln!(out, "  {MIND}{warning}{MIND:#}")?;
        }
    }
    Ok(())
}

fn notes(notes: &[String], out: &mut dyn Write) -> io::Result<()> {
    if !notes.is_empty() {
        writeln!(out, "\n{BOLD}Notes{BOLD:#}")?;
        for note in notes {
            writeln!(out, "  {note}")?;
        }
    }
    Ok(())
}

pub(crate) fn check(report: &check::Report, out: &mut dyn Write) -> io::Result<()> {
    let lengths = report.tables.iter().map(|table| table.table.len());
    let width = lengths.max().unwrap_or(0).max("TABLE".len());
    writeln!(
        out,
        "{BOLD}{:width$}  LOCATION  MAIN  USER  FUNCTIONS{BOLD:#}",
        "TABLE"
    )?;
    for table in &report.tables {
        let is_user = table.location == Location::User;
        let user = match (is_user, report.has_user_project) {
            (true, true) => table.user.len().to_string(),
            _ => "-".to_owned(),
        };
        write!(
            out,
            "{:width$}  {:8}  {:>4}  {user:>4}  ",
            table.table,
            table.location.to_string(),
            table.main.len()
        )?;
        names(table, is_user && report.has_user_project, out)?;
        let style = BAD;
        if !table.differences.is_empty() {
            let count = table.differences.len();
            write!(out, "  {style}{count} to fix{style:#}")?;
        }
        writeln!(out)?;
    }
    functions::functions(report, out)?;
    let of_tables = report.tables.iter().flat_map(|table| &table.differences);
    for (i, difference) in of_tables.chain(&report.differences).enumerate() {
        if i == 0 {
            writeln!(out, "\n{BOLD}To fix{BOLD:#}")?;
        }
        writeln!(out, "  {difference}")?;
    }
    if !report.has_user_project {
        writeln!(
            out,
            "\nThere is no project for users' deployments: name one with `convex` under [user] in byod.toml, and run `byod export`."
        )?;
    }
    not_read(&report.warnings, out)?;
    notes(&report.notes, out)?;
    if report.fits {
        writeln!(
            out,
            "\n{GOOD}Every call finds what it needs on both sides.{GOOD:#}"
        )?;
    }
    Ok(())
}

/// Names; `-name` is missing on users' deployments, `+name` on main.
fn names(table: &check::TableReport, both: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut first = true;
    let mut gap = |out: &mut dyn Write| {
        let gap = if first { "" } else { " " };
        first = false;
        write!(out, "{gap}")
    };
    for name in &table.main {
        gap(out)?;
        if both && !table.user.contains(name) {
            write!(out, "{BAD}-{name}{BAD:#}")?;
        } else {
            write!(out, "{name}")?;
        }
    }
    for name in table.user.iter().filter(|name| !table.main.contains(name)) {
        gap(out)?;
        write!(out, "{BAD}+{name}{BAD:#}")?;
    }
    Ok(())
}
