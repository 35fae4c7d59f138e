//! How all users' deployments are, and what a roll-out has done.

use std::io::{self, Stdout, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use anstream::AutoStream;
use byod_build::one_line;
use byod_fleet::{Outcome, Plan, Report as Rolled, Round, Row, Totals};
use byod_runtime::{Claim, ConnectionStatus};

use super::finish;
use super::style::{BAD, BOLD, GOOD, MIND, QUIET};
use crate::error::Error;
use crate::records::fleet::deploy::Report;
use crate::records::fleet::stop::Report as Stopped;

/// Rows, printed as they come, so that memory doesn't grow with their number.
pub(crate) struct Listing {
    out: AutoStream<Stdout>,
    json: bool,
    /// How many there were, or why no more are printed.
    printed: io::Result<u64>,
}

impl Listing {
    pub(crate) fn begin(json: bool) -> Self {
        Self {
            // Strips colours where they are not wanted: no terminal, NO_COLOR.
            out: AutoStream::auto(io::stdout()),
            json,
            printed: Ok(0),
        }
    }

    pub(crate) fn row(&mut self, row: &Row) {
        let Ok(before) = self.printed else { return };
        let printed = match self.json {
            true => self.json_row(row, before),
            false => self.text_row(row, before),
        };
        self.printed = printed.map(|()| before + 1);
    }

    fn json_row(&mut self, row: &Row, before: u64) -> io::Result<()> {
        let lead = match before {
            0 => "{\n\"users\": [\n",
            _ => ",\n",
        };
        self.out.write_all(lead.as_bytes())?;
        serde_json::to_writer(&mut self.out, row)?;
        Ok(())
    }

    fn text_row(&mut self, row: &Row, before: u64) -> io::Result<()> {
        let out = &mut self.out;
        if before == 0 {
            let columns = format!(
                "{:32} {:12} {:>7} {:16} {:>9} {:>9} {}",
                "user", "status", "version", "claim", "tested", "latency", "problem"
            );
            writeln!(out, "{BOLD}{columns}{BOLD:#}")?;
        }
        let status = match row.status {
            ConnectionStatus::Connected if row.problem.is_none() => GOOD,
            ConnectionStatus::Disconnected | ConnectionStatus::Pending => QUIET,
            _ => BAD,
        };
        // Whatever text main has there goes to no terminal as it is.
        let user = one_line(&row.user_id);
        let shown = one_line(row.status.as_str());
        write!(out, "{user:32} ")?;
        write!(out, "{status}{shown:12}{status:#} ")?;
        let latency = row.latency_ms.map(|ms| format!("{ms:.0} ms"));
        let claim = match row.claim {
            Some(Claim::Yours) | None => QUIET,
            Some(_) => MIND,
        };
        let whose = row.claim.map(claim_of).unwrap_or_default();
        write!(out, "{:>7} ", row.schema_version)?;
        write!(out, "{claim}{whose:16}{claim:#} ")?;
        write!(
            out,
            "{:>9} {:>9} ",
            ago(row.last_tested),
            latency.unwrap_or_default()
        )?;
        match &row.problem {
            Some(problem) => writeln!(out, "{BAD}{}{BAD:#}", one_line(&problem.message)),
            None => writeln!(out),
        }
    }

    pub(crate) fn end(mut self, totals: &Totals) -> Result<(), Error> {
        let printed = match self.printed {
            Ok(rows) if self.json => {
                let lead = if rows == 0 { "{\n\"users\": [" } else { "\n" };
                write!(self.out, "{lead}],\n\"totals\": ")
                    .and_then(|()| Ok(serde_json::to_writer_pretty(&mut self.out, totals)?))
                    .and_then(|()| writeln!(self.out, "\n}}"))
            }
            Ok(_) => self::totals(totals, &mut self.out),
            Err(error) => Err(error),
        };
        finish(printed.and_then(|()| self.out.flush()))
    }
}

fn totals(totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{BOLD}{} users, {} with a deployment in use{BOLD:#}",
        totals.users, totals.connected
    )?;
    for (status, count) in &totals.statuses {
        writeln!(out, "  {count:>7} {status}")?;
    }
    for (version, count) in totals.versions.iter().rev() {
        writeln!(out, "  {count:>7} run version {version}")?;
    }
    if totals.failing == 0 {
        return writeln!(out, "{GOOD}Nothing is wrong with any.{GOOD:#}");
    }
    writeln!(out, "{BAD}{} fail{BAD:#}", totals.failing)?;
    for (kind, count) in &totals.problems {
        writeln!(out, "  {count:>7} {kind}")?;
    }
    Ok(())
}

/// Whose a deployment is, where it isn't the user's own.
fn claim_of(claim: Claim) -> &'static str {
    match claim {
        Claim::Yours => "theirs",
        Claim::Unclaimed => "nobody's",
        Claim::Shared => "shared",
        Claim::SomebodyElses => "somebody else's",
        _ => "can't be claimed",
    }
}

/// How long ago that was.
fn ago(time: Option<f64>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0.0, |since| since.as_secs_f64());
    let Some(time) = time else {
        return "never".to_owned();
    };
    match now - time / 1_000.0 {
        seconds if seconds < 120.0 => format!("{:.0} s", seconds.max(0.0)),
        seconds if seconds < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        seconds => format!("{:.0} d", seconds / 86_400.0),
    }
}

/// What was done, or would be.
pub(crate) fn rollout(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    match report {
        Report::Planned(plan) => planned(plan, out),
        Report::RolledOut(report) => rolled(report, out),
        Report::Only {
            user_id,
            schema_version,
            outcome,
        } => {
            let said = match outcome {
                Outcome::Pushed => format!("{GOOD}runs version {schema_version} now{GOOD:#}"),
                Outcome::Current => format!("{GOOD}ran version {schema_version} already{GOOD:#}"),
                Outcome::Newer { found } => {
                    format!("{MIND}runs version {found}, which is newer{MIND:#}")
                }
                Outcome::NotConnected => format!("{MIND}has no deployment in use{MIND:#}"),
                Outcome::Moving => {
                    format!("{MIND}has data on its way; run this again then{MIND:#}")
                }
                Outcome::Changed => {
                    format!("{MIND}disconnected, or connected another one, meanwhile{MIND:#}")
                }
                Outcome::Failed { problem } => {
                    format!("{BAD}{problem}{BAD:#}")
                }
                // What a later version may add is not known to be well.
                _ => format!("{BAD}it failed{BAD:#}"),
            };
            writeln!(out, "{user_id:?}: {said}")
        }
    }
}

fn planned(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{BOLD}Version {}{BOLD:#}", plan.schema_version)?;
    for (number, wave) in plan.waves.iter().enumerate() {
        writeln!(
            out,
            "  wave {} (up to {}): {} of {} users would get it",
            number + 1,
            wave.up_to,
            wave.due,
            wave.users
        )?;
    }
    if plan.beyond > 0 {
        writeln!(
            out,
            "  {MIND}{}{MIND:#} users are behind the last wave",
            plan.beyond
        )?;
    }
    writeln!(out, "  {} have no deployment in use", plan.not_connected)
}

fn rolled(report: &Rolled, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{BOLD}Version {}{BOLD:#}", report.schema_version)?;
    for (number, wave) in report.waves.iter().enumerate() {
        let (planned, counts) = (&wave.planned, &wave.counts);
        let had = planned.users - planned.due.min(planned.users);
        write!(
            out,
            "  wave {} (up to {}): {GOOD}{}{GOOD:#} pushed, {} had it",
            number + 1,
            planned.up_to,
            counts.pushed,
            had + counts.current
        )?;
        for (count, what) in [
            (counts.newer, "run a newer one"),
            (counts.still_failing, "fail as before"),
            (
                counts.moving,
                "have data on its way, and are for another run",
            ),
            (
                counts.not_connected + counts.changed,
                "disconnected or changed meanwhile",
            ),
        ] {
            if count > 0 {
                write!(out, ", {count} {what}")?;
            }
        }
        match counts.failed {
            0 => writeln!(out)?,
            failed => writeln!(out, ", {BAD}{failed} failed{BAD:#}")?,
        }
    }
    for failure in &report.failures {
        writeln!(
            out,
            "    {BAD}{:?}{BAD:#}: {}",
            failure.user_id, failure.problem
        )?;
    }
    let untold = report.failed() - report.failures.len() as u64;
    if untold > 0 {
        writeln!(out, "    and {untold} more")?;
    }
    if report.beyond > 0 {
        writeln!(
            out,
            "  {MIND}{}{MIND:#} users are behind the last wave",
            report.beyond
        )?;
    }
    match &report.stopped {
        Some(stopped) => writeln!(
            out,
            "{BAD}Stopped in wave {}: {} failed, and {} may.{BAD:#} Their deployments run what they ran. See to what failed, and run this again: it goes on here. `--max-failures` lets more fail.",
            stopped.wave, stopped.failed, stopped.allowed
        ),
        None if !report.is_done() => writeln!(
            out,
            "{MIND}{} have not got it.{MIND:#} Run this again for those: what failed once it is seen to, and the others later.",
            report.left()
        ),
        None => writeln!(out, "{GOOD}Everybody has it whose turn it was.{GOOD:#}"),
    }
}

/// Which roll-out was stopped.
pub(crate) fn stopped(report: &Stopped, out: &mut dyn Write) -> io::Result<()> {
    match &report.stopped {
        None => writeln!(out, "no roll-out is under way"),
        Some(begun) => writeln!(
            out,
            "{} is stopped: deployments under way are finished, nobody else is begun with. Run what began it again to go on.",
            begun.key
        ),
    }
}

/// What a round has done: a line of text, where anything was, or of JSON.
pub(crate) fn round(json: bool, round: &Round) -> Result<(), Error> {
    let mut out = AutoStream::auto(io::stdout().lock());
    let printed = if json {
        serde_json::to_writer(&mut out, round)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        round_text(round, &mut out)
    };
    finish(printed.and_then(|()| out.flush()))
}

fn round_text(round: &Round, out: &mut dyn Write) -> io::Result<()> {
    if round.is_quiet() {
        return Ok(());
    }
    let waves = round.rolled_out.iter().flat_map(|report| &report.waves);
    let (pushed, failed) = waves.fold((0, 0), |(pushed, failed), wave| {
        let counts = &wave.counts;
        (
            pushed + counts.pushed,
            failed + counts.failed + counts.still_failing,
        )
    });
    let version = round.schema_version;
    write!(out, "{BOLD}version {version}{BOLD:#}: {pushed} pushed")?;
    if failed > 0 {
        write!(out, ", {BAD}{failed} failed{BAD:#}")?;
    }
    if round.resting > 0 {
        write!(out, ", {} are tried again later", round.resting)?;
    }
    if round.tested > 0 {
        write!(out, ", {} tested", round.tested)?;
    }
    if round.failing > 0 {
        write!(out, ", {BAD}{} can't be used{BAD:#}", round.failing)?;
    }
    if round.unopened > 0 {
        write!(
            out,
            "; {BAD}the credentials of {} can't be opened here: are BYOD_ENCRYPTION_KEY and the hosts that are allowed those of the service?{BAD:#}",
            round.unopened
        )?;
    }
    if let Some(reason) = &round.untested {
        write!(out, ", {BAD}not all were tested: {reason}{BAD:#}")?;
    }
    let stopped = round.rolled_out.as_ref().and_then(|report| report.stopped);
    match stopped {
        None => writeln!(out),
        Some(stopped) => writeln!(
            out,
            "; {BAD}held in wave {}: {} fail, and {} may{BAD:#}",
            stopped.wave, stopped.failed, stopped.allowed
        ),
    }
}
