//! Where every public function runs, for people.

use std::io::{self, Write};

use super::style::{BAD, BOLD, GOOD, MIND, QUIET};
use crate::check::{FunctionReport, Report, RunsOn};

/// Every public function: on users' deployments, on main, or refused, the most frequent
/// reason first.
pub(super) fn functions(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.functions.is_empty() {
        return Ok(());
    }
    let totals = &report.totals;
    writeln!(
        out,
        "\n{BOLD}Functions, for a connected user{BOLD:#}\n  {GOOD}{}{GOOD:#} on their deployment, {GOOD}{}{GOOD:#} on main by right, {}{}{BAD:#} refused",
        totals.user,
        totals.main - totals.sees_no_connected,
        BAD,
        totals.refused,
    )?;
    let seen = |runs: RunsOn, partial: bool| {
        let all = report.functions.iter();
        all.filter(move |f| f.runs == runs && f.sees_no_connected == partial)
    };
    let there = |leaves: bool| seen(RunsOn::User, false).filter(move |f| f.outbox == leaves);
    list("On their deployment", there(false), out)?;
    list(
        "On their deployment; what they do on main, main does after the call",
        there(true),
        out,
    )?;
    list("On main, by right", seen(RunsOn::Main, false), out)?;
    list(
        "On main; sees no connected user's data",
        seen(RunsOn::Main, true),
        out,
    )?;
    for total in &totals.refusals {
        let count = total.functions;
        writeln!(
            out,
            "\n{BOLD}Refused: {count}, where it {}{BOLD:#}\n  {MIND}to do{MIND:#} {}",
            total.refusal, total.fix
        )?;
        let all = report.functions.iter();
        for function in all.filter(|f| f.refusal == Some(total.refusal)) {
            let mark = if function.is_listed { QUIET } else { BAD };
            let listed = if function.is_listed && !total.refusal.is_stated() {
                ", as byod.toml says"
            } else {
                ""
            };
            let reason = function.reason.as_deref().unwrap_or_default();
            writeln!(
                out,
                "  {mark}refused{mark:#} {}: it {reason}{listed}",
                function.function
            )?;
        }
    }
    if totals.refused_not_listed > 0 {
        writeln!(
            out,
            "  What is to stay refused can be listed: not_served = [\"module:name\"] under [user]."
        )?;
    }
    if !report.builders.is_empty() {
        writeln!(
            out,
            "\n{BOLD}Actions that stay on main with all that they ask for{BOLD:#}"
        )?;
        for builder in &report.builders {
            let count = builder.functions.len();
            writeln!(
                out,
                "  {MIND}to do{MIND:#} in {}.ts, import from {:?} instead of {:?}  {QUIET}{count} {}{QUIET:#}",
                builder.module,
                builder.to,
                builder.from,
                if count == 1 { "function" } else { "functions" },
            )?;
        }
    }
    if !report.suggestions.is_empty() {
        writeln!(out, "\n{BOLD}Perhaps the users' as well{BOLD:#}")?;
        for suggestion in &report.suggestions {
            writeln!(out, "  {suggestion}")?;
        }
    }
    Ok(())
}

fn list<'a>(
    title: &str,
    functions: impl Iterator<Item = &'a FunctionReport>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (i, function) in functions.enumerate() {
        if i == 0 {
            writeln!(out, "\n{BOLD}{title}{BOLD:#}")?;
        }
        let touches = if function.touches.is_empty() {
            "no table".to_owned()
        } else {
            function.touches.join(", ")
        };
        let copies = if function.mirror.is_empty() {
            String::new()
        } else {
            format!("; copies of {}", function.mirror.join(", "))
        };
        writeln!(
            out,
            "  {}  {QUIET}{touches}{copies}{QUIET:#}",
            function.function
        )?;
    }
    Ok(())
}
