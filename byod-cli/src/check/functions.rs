//! Where every public function of main runs for a connected user, and why.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, Manifest, Placement, Refusal, Runs, Visibility, nearest};
use serde::Serialize;

/// One public function of main.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionReport {
    pub(crate) function: String,
    /// The tables that it reads or writes, with what it calls or schedules.
    pub(crate) touches: Vec<String>,
    pub(crate) runs: RunsOn,
    /// The tables of main of which it reads the caller's copies on their deployment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) mirror: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refusal: Option<Refusal>,
    /// Why it is refused, or stays on main though it reads users' tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// `byod.toml` says that it is refused.
    pub(crate) is_listed: bool,
    /// It runs on main and sees no connected user's data.
    pub(crate) sees_no_connected: bool,
    /// It runs on users' deployments, and main does a part of it later.
    pub(crate) outbox: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum RunsOn {
    User,
    Main,
    Refused,
}

/// How many functions run where.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totals {
    /// On users' deployments.
    pub(crate) user: usize,
    /// On main, by right.
    pub(crate) main: usize,
    pub(crate) refused: usize,
    /// Of those that are refused, what `byod.toml` doesn't list.
    pub(crate) refused_not_listed: usize,
    /// Those that run on main and see no connected user's data.
    pub(crate) sees_no_connected: usize,
    /// Why functions are refused, the most frequent reason first.
    pub(crate) refusals: Vec<RefusalTotal>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusalTotal {
    pub(crate) refusal: Refusal,
    pub(crate) functions: usize,
    /// What to do about it.
    pub(crate) fix: &'static str,
}

/// Every public function, by what was found now.
pub(super) fn functions(
    manifest: &Manifest,
    placed: &BTreeMap<FunctionPath, Placement>,
) -> Vec<FunctionReport> {
    let public = placed.iter().filter(|(path, _)| is_public(manifest, path));
    let of = |(path, placement): (&FunctionPath, &Placement)| {
        let (runs, refusal, reason) = match &placement.runs {
            Runs::User => (RunsOn::User, None, None),
            Runs::Main if placement.sees_no_connected => {
                let reason = match manifest.stated.across_users.contains(path) {
                    true => "is listed in `user.across_users` of byod.toml",
                    false => "asks for a role of who calls, and nowhere for what is theirs",
                };
                (RunsOn::Main, None, Some(reason.to_owned()))
            }
            Runs::Main => (RunsOn::Main, None, None),
            Runs::Refused { refusal, reason } => {
                (RunsOn::Refused, Some(*refusal), Some(reason.clone()))
            }
        };
        let is_stated = refusal.is_some_and(Refusal::is_stated);
        FunctionReport {
            function: path.to_string(),
            touches: placement.touches().into_iter().map(str::to_owned).collect(),
            mirror: match runs {
                RunsOn::User => placement.mirror.iter().cloned().collect(),
                RunsOn::Main | RunsOn::Refused => Vec::new(),
            },
            runs,
            refusal,
            reason,
            is_listed: is_stated || manifest.stated.not_served.contains(path),
            sees_no_connected: placement.sees_no_connected,
            outbox: placement.outbox,
        }
    };
    public.map(of).collect()
}

fn is_public(manifest: &Manifest, path: &FunctionPath) -> bool {
    let function = manifest.main.functions.get(path);
    function.is_some_and(|function| function.visibility == Visibility::Public)
}

pub(super) fn totals(functions: &[FunctionReport]) -> Totals {
    let count = |is: &dyn Fn(&FunctionReport) -> bool| functions.iter().filter(|f| is(f)).count();
    let mut refusals: Vec<RefusalTotal> = Refusal::ALL
        .into_iter()
        .map(|refusal| RefusalTotal {
            refusal,
            functions: count(&|f| f.refusal == Some(refusal)),
            fix: refusal.fix(),
        })
        .filter(|total| total.functions > 0)
        .collect();
    refusals.sort_by_key(|total| std::cmp::Reverse(total.functions));
    Totals {
        user: count(&|f| f.runs == RunsOn::User),
        main: count(&|f| f.runs == RunsOn::Main),
        refused: count(&|f| f.runs == RunsOn::Refused),
        refused_not_listed: count(&|f| f.runs == RunsOn::Refused && !f.is_listed),
        sees_no_connected: count(&|f| f.sees_no_connected),
        refusals,
    }
}

/// What the file of the functions says otherwise than what was found now.
pub(super) fn outdated(
    manifest: &Manifest,
    placed: &BTreeMap<FunctionPath, Placement>,
) -> Option<String> {
    let Some(known) = &manifest.placements else {
        return Some(
            "there is no byod.functions.json beside byod.toml, from which builds take where functions run. Run `byod export`"
                .to_owned(),
        );
    };
    let kind = |placement: &Placement| match &placement.runs {
        Runs::Refused { refusal, .. } => (None, Some(*refusal), placement.sees_no_connected, false),
        runs => (
            runs.location(),
            None,
            placement.sees_no_connected,
            placement.outbox,
        ),
    };
    let all: BTreeSet<&FunctionPath> = placed.keys().chain(known.functions.keys()).collect();
    let differs =
        |path: &&FunctionPath| placed.get(path).map(kind) != known.functions.get(path).map(kind);
    let mut names: Vec<String> = all
        .into_iter()
        .filter(differs)
        .map(|path| format!("`{path}`"))
        .collect();
    if names.is_empty() {
        return None;
    }
    let more = names.len().saturating_sub(5);
    names.truncate(5);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    Some(format!(
        "byod.functions.json is out of date in {}. Run `byod export`",
        names.join(", ")
    ))
}

/// What `byod.toml` names and main doesn't have.
pub(super) fn unknown(manifest: &Manifest) -> Vec<String> {
    let public = || {
        let all = manifest
            .main
            .functions
            .keys()
            .filter(|path| is_public(manifest, path));
        all.map(ToString::to_string).collect::<Vec<String>>()
    };
    let mut found: Vec<String> = manifest
        .unknown_stated()
        .into_iter()
        .map(|(key, path)| {
            let known = public();
            let hint = match nearest(&path.to_string(), known.iter().map(String::as_str)) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "Remove it there".to_owned(),
            };
            format!("`user.{key}` of byod.toml names `{path}`, which is no public function of main. {hint}")
        })
        .collect();
    let modules: BTreeSet<&str> = manifest
        .main
        .functions
        .keys()
        .map(|p| p.module.as_str())
        .collect();
    for module in manifest.stated.modules.keys() {
        if !modules.contains(module.as_str()) {
            let hint = match nearest(module, modules.iter().copied()) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "Remove it there".to_owned(),
            };
            found.push(format!(
                "[user.modules] of byod.toml names `{module}`, in which main has no functions. {hint}"
            ));
        }
    }
    found
}

/// What is listed as refused and isn't.
pub(super) fn served_after_all(manifest: &Manifest, functions: &[FunctionReport]) -> Vec<String> {
    let served = functions.iter().filter(|function| {
        let Ok(path) = function.function.parse::<FunctionPath>();
        function.runs != RunsOn::Refused && manifest.stated.not_served.contains(&path)
    });
    served
        .map(|function| {
            format!(
                "`{}` is served, so it needn't be in `user.not_served` of byod.toml",
                function.function
            )
        })
        .collect()
}
