//! Where each of main's functions runs for a connected user, and why not where it is
//! refused.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, FunctionType, Location, Manifest, Placement, Refusal, Runs, Side};

use super::plan::{Rejected, takes_owner};
use crate::carry::{Carriers, Need};
use crate::owners::private;
use crate::source::Sources;
use crate::touches::{Analysis, Asking, Judged, Sides};

/// The reason of what could be on users' deployments and isn't.
pub(crate) const NOT_EXPORTED: &str =
    "isn't in the project of users' deployments: run `byod export`";

/// How the reason begins of what TypeScript finds wrong.
pub(crate) const NOT_TYPED: &str = "would not typecheck there: TypeScript says";

/// Where every public function runs, and every internal one that those call or schedule.
/// `manifest` has the project of users' deployments as it is, or is planned.
pub(crate) fn place(
    manifest: &Manifest,
    sources: &Sources,
    rejected: &Rejected,
) -> BTreeMap<FunctionPath, Placement> {
    let sides = Sides::new(sources, manifest);
    let carriers = Carriers::new(sources, manifest);
    let wanted = sides.wanted();
    let judged = wanted
        .iter()
        .filter(|path| !rejected.contains_key(*path) && !is_custom(manifest, path));
    let placing = Placing {
        manifest,
        judged: carriers.judge(judged),
        sides,
        carriers,
        sources,
        rejected,
    };
    let all = placing.sides.functions.iter();
    all.map(|(path, judged)| (path.clone(), placing.placement(path, judged)))
        .collect()
}

/// What was planned and has an action of main's scheduled that can't be: it doesn't run for
/// connected users, or it asks for what reads all users' documents on main, where an id that
/// a deployment gives it may be of somebody else's. `manifest` has the project as it is planned.
pub(super) fn schedules_refused(
    manifest: &Manifest,
    sources: &Sources,
    needs: &BTreeMap<FunctionPath, Need>,
    rejected: &Rejected,
) -> Rejected {
    let has_any = needs.values().any(|need| !need.leaves.routed.is_empty());
    if !has_any {
        return Rejected::new();
    }
    let placed = place(manifest, sources, rejected);
    let analysis = Analysis::new(sources, manifest);
    let refused = |path: &FunctionPath| {
        if let Runs::Refused { reason, .. } = &placed.get(path)?.runs {
            return Some(format!("schedules `{path}` on main, which {reason}"));
        }
        let asked = analysis.total(path).functions;
        let is_everybodys =
            |path: &&FunctionPath| placed.get(*path).is_some_and(|p| p.sees_no_connected);
        let everybodys = asked.iter().find(is_everybodys)?;
        Some(format!(
            "schedules `{path}` on main, which asks for `{everybodys}`: that reads what all users have there, and could be told any id"
        ))
    };
    let all = needs.iter();
    all.filter_map(|(path, need)| {
        Some((path.clone(), need.leaves.routed.iter().find_map(refused)?))
    })
    .collect()
}

/// The same of a project that was exported, with what the export has found out, which
/// plans and reads back before it gives up a function.
pub(crate) fn place_again(
    manifest: &Manifest,
    sources: &Sources,
) -> BTreeMap<FunctionPath, Placement> {
    let mut placed = place(manifest, sources, &left_out(manifest));
    for (path, placement) in &mut placed {
        let known = manifest.placement(path).map(|known| &known.runs);
        if let (
            Runs::Refused { refusal, reason },
            Some(Runs::Refused {
                refusal: of,
                reason: known,
            }),
        ) = (&mut placement.runs, known)
            && refusal == of
        {
            reason.clone_from(known);
        }
    }
    placed
}

/// The functions that the last export left out for what TypeScript said of them, as its
/// file of placements has it: others don't ask TypeScript.
pub(super) fn left_out(manifest: &Manifest) -> Rejected {
    let placed = manifest.placements.iter().flat_map(|p| &p.functions);
    let left_out = placed.filter_map(|(path, placement)| {
        let Runs::Refused { reason, .. } = &placement.runs else {
            return None;
        };
        let at = reason.find(NOT_TYPED)?;
        Some((path.clone(), reason[at..].to_owned()))
    });
    left_out.collect()
}

/// Whether a person wrote it, in `custom/`.
fn is_custom(manifest: &Manifest, path: &FunctionPath) -> bool {
    let custom = FunctionPath::new(format!("custom/{}", path.module), &path.name);
    let user = manifest.user.as_ref();
    user.is_some_and(|user| user.functions.contains_key(&custom))
}

struct Placing<'a> {
    manifest: &'a Manifest,
    sides: Sides<'a>,
    carriers: Carriers<'a>,
    /// What carried functions need, and why others can't be carried over.
    judged: BTreeMap<FunctionPath, Result<Need, String>>,
    sources: &'a Sources,
    rejected: &'a Rejected,
}

impl Placing<'_> {
    fn placement(&self, path: &FunctionPath, judged: &Judged) -> Placement {
        let runs = self.runs(path, judged);
        let users = self.of_users(&self.all(judged));
        let leaves = |need: &Need| !need.leaves.is_empty();
        let need = self.judged.get(path).and_then(|need| need.as_ref().ok());
        let outbox = runs == Runs::User && need.is_some_and(leaves);
        let mirror = self.mirror(path, judged, &runs);
        Placement {
            sees_no_connected: runs == Runs::Main && !users.is_empty() && !judged.is_routed(),
            runs,
            side: judged.side,
            reads: judged.total.reads.clone(),
            writes: judged.total.writes.clone(),
            mirror,
            outbox,
        }
    }

    /// The mirrored tables that it reads there, or writes on main.
    fn mirror(&self, path: &FunctionPath, judged: &Judged, runs: &Runs) -> BTreeSet<String> {
        let of = |tables: &BTreeSet<String>| {
            let all = tables.iter().filter(|t| self.manifest.mirror.has(t));
            all.cloned().collect()
        };
        match (runs, self.judged.get(path)) {
            (Runs::Refused { .. }, _) => BTreeSet::new(),
            (Runs::Main, _) => of(&judged.total.writes),
            (Runs::User, Some(Ok(need))) => need.mirror.clone(),
            // What a person wrote may read what main's own reads.
            (Runs::User, _) => of(&judged.total.reads),
        }
    }

    fn runs(&self, path: &FunctionPath, judged: &Judged) -> Runs {
        if let Some(runs) = self.settled(path, judged) {
            return runs;
        }
        if judged.is_routed() {
            return self.routed(path, judged);
        }
        self.by_side(path, judged)
    }

    /// Where it runs by what `byod.toml` says, or because users' deployments have it.
    fn settled(&self, path: &FunctionPath, judged: &Judged) -> Option<Runs> {
        let stated = &self.manifest.stated;
        let refused = |refusal, reason: String| Some(Runs::Refused { refusal, reason });
        if stated.skip.contains(path) {
            let reason = "is listed in `user.skip` of byod.toml";
            return refused(Refusal::Skipped, reason.to_owned());
        }
        if stated.main_only.contains(path) {
            let reason = "is listed in `user.main_only` of byod.toml";
            return refused(Refusal::MainOnly, reason.to_owned());
        }
        let touches = self.sides.touches_users(judged);
        if self.is_there(path) && (touches || self.sides.is_of_users(path)) {
            return Some(Runs::User);
        }
        if judged.is_across_users {
            return Some(Runs::Main);
        }
        if !stated.across_users.contains(path) {
            return None;
        }
        // What it changes and deletes is what it finds on main. What it adds may be a
        // connected user's, who would never see it.
        let added = self.of_users(&judged.total.inserts);
        if added.is_empty() {
            return Some(Runs::Main);
        }
        let reason = format!(
            "is listed in `user.across_users` of byod.toml, but inserts into {}: list it in `user.main_only`",
            shown(&added)
        );
        refused(Refusal::NotCarried, reason)
    }

    /// An action that asks for users' data where that is stays on main, if all that it asks
    /// for is somewhere.
    fn routed(&self, path: &FunctionPath, judged: &Judged) -> Runs {
        let refused = |refusal, reason| Runs::Refused { refusal, reason };
        if let Some(why) = judged.direct.obscure.iter().next() {
            return refused(Refusal::Unknown, why.clone());
        }
        let mut seen = BTreeSet::from([path]);
        let mut todo = vec![judged];
        while let Some(asking) = todo.pop() {
            for path in &asking.direct.functions {
                let judged = self.sides.functions.get(path);
                let why = match judged.map(|judged| (judged, self.settled(path, judged))) {
                    None => "could not be read".to_owned(),
                    Some((judged, None)) if judged.is_routed() => {
                        match judged.direct.obscure.iter().next() {
                            Some(why) => why.clone(),
                            None => {
                                todo.extend(seen.insert(path).then_some(judged));
                                continue;
                            }
                        }
                    }
                    Some((judged, settled)) => {
                        match settled.unwrap_or_else(|| self.by_side(path, judged)) {
                            Runs::User | Runs::Main => continue,
                            Runs::Refused { reason, .. } => reason,
                        }
                    }
                };
                return refused(Refusal::Action, format!("asks for `{path}`: that {why}"));
            }
        }
        Runs::Main
    }

    /// Where it runs by what it touches.
    fn by_side(&self, path: &FunctionPath, judged: &Judged) -> Runs {
        let refused = |refusal, reason: String| Runs::Refused { refusal, reason };
        let touches = self.sides.touches_users(judged);
        let is_stated = self.manifest.stated.modules.get(&path.module);
        let is_known = judged.side != Side::Unknown || is_stated == Some(&Location::Main);
        match (touches, is_known, is_stated) {
            (false, _, Some(Location::User)) => {
                let reason = format!(
                    "is of `{}`, which is the users' in [user.modules], but their deployments don't have it: {}",
                    path.module,
                    self.not_carried(path)
                );
                refused(Refusal::NotCarried, reason)
            }
            (false, true, _) => Runs::Main,
            (false, false, _) => {
                let why = judged.total.obscure.iter().next().cloned();
                refused(Refusal::Unknown, why.unwrap_or_default())
            }
            (true, _, _) => {
                let (refusal, reason) = self.refusal(path, judged);
                refused(refusal, reason)
            }
        }
    }

    /// Whether users' deployments have the function. Where no project of theirs is named,
    /// they have what is the users' by its tables alone, or by its module's name.
    fn is_there(&self, path: &FunctionPath) -> bool {
        match &self.manifest.user {
            Some(user) => user.functions.contains_key(path),
            None => {
                let judged = self.sides.functions.get(path);
                judged.is_some_and(|judged| {
                    let is_users = judged.side == Side::User || self.sides.is_of_users(path);
                    is_users && !judged.is_routed()
                })
            }
        }
    }

    /// Why a function that touches users' tables isn't on their deployments.
    fn refusal(&self, path: &FunctionPath, judged: &Judged) -> (Refusal, String) {
        let users = self.of_users(&self.all(judged));
        let function = self.manifest.main.functions.get(path);
        let is_action = function.is_some_and(|f| f.function_type == FunctionType::Action);
        let in_node = || {
            let found = self.sources.exported(&path.module, &path.name);
            found.is_some_and(|(module, _)| module.use_node)
        };
        if let Some(why) = judged.total.obscure.iter().next() {
            return (Refusal::Unknown, why.clone());
        }
        if is_action || in_node() {
            let stays = match &judged.asking {
                Some(Asking::Plain(import)) => format!(
                    ": import its builder from `{}` in `{}.ts`, which `byod export --main` writes",
                    import.to, import.module
                ),
                _ => String::new(),
            };
            let reason = format!("is an action and asks for {}{stays}", shown(&users));
            return (Refusal::Action, reason);
        }
        let mut carried = self.not_carried(path);
        // One that is known is no reason by itself.
        let mut components = judged.total.components.iter();
        if components.any(|name| carried.contains(&format!("the component `{name}`"))) {
            return (Refusal::Component, carried);
        }
        if let Some(hint) = self.could_be_copied(judged, &carried) {
            carried.push_str(&hint);
        }
        let written = self.of_main(&judged.direct.writes);
        if !written.is_empty() {
            let reason = format!(
                "writes {} on main beside {}: {carried}",
                shown(&written),
                shown(&users)
            );
            return (Refusal::WritesMain, reason);
        }
        let read = self.of_main(&judged.direct.reads);
        // The caller's own row is no reason by itself: byod tells who calls. Nor is what is
        // mirrored.
        let is_asked = read.iter().any(|table| {
            !self.carriers.widest().tells_callers(table) && !self.manifest.mirror.has(table)
                || carried.contains(&format!("`{table}`"))
        });
        if is_asked {
            let reason = format!(
                "reads {} on main beside {}: {carried}",
                shown(&read),
                shown(&users)
            );
            return (Refusal::ReadsMain, reason);
        }
        let stays = judged.direct.functions.iter().find(|f| {
            let judged = self.sides.functions.get(*f);
            judged.is_none_or(|judged| {
                !self.of_main(&self.all(judged)).is_empty() && !judged.is_routed()
            }) && !self.is_there(f)
        });
        if let Some(stays) = stays {
            let reason = format!(
                "calls or schedules `{stays}`, which stays on main, beside touching {}: {carried}",
                shown(&users)
            );
            return (Refusal::RunsMain, reason);
        }
        (Refusal::NotCarried, carried)
    }

    /// By which setting users' deployments could have copies of the table that is in the way.
    fn could_be_copied(&self, judged: &Judged, carried: &str) -> Option<String> {
        let of_main = self.of_main(&judged.total.reads);
        let mut tables = of_main
            .iter()
            .filter(|name| !self.manifest.mirror.has(name))
            // A copy is old once main's is written.
            .filter(|name| !judged.total.writes.contains(*name));
        let name = tables.find(|name| carried.contains(&format!("`{name}`")))?;
        let table = self.manifest.main.schema.table(name)?;
        Some(match private(self.manifest, table) {
            None => format!(
                ". Nothing in `{name}` says whose it is: if every user may know all of it, name it in `published` under [user]"
            ),
            Some(why) => format!(
                ". `{name}` {why}: if it is the caller's own that is read, name it in `mirror` under [user]"
            ),
        })
    }

    fn not_carried(&self, path: &FunctionPath) -> String {
        if let Some(reason) = self.rejected.get(path) {
            return reason.clone();
        }
        let function = self.manifest.main.functions.get(path);
        if let Some(Err(reason)) = function.map(|f| takes_owner(self.manifest, f)) {
            return reason;
        }
        let again = || self.carriers.judge([path]).remove(path);
        match self.judged.get(path).cloned().or_else(again) {
            Some(Err(reason)) => reason,
            _ => NOT_EXPORTED.to_owned(),
        }
    }

    fn all(&self, judged: &Judged) -> BTreeSet<String> {
        judged
            .total
            .tables()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    fn of_users(&self, tables: &BTreeSet<String>) -> BTreeSet<String> {
        tables
            .intersection(&self.manifest.user_tables)
            .cloned()
            .collect()
    }

    fn of_main(&self, tables: &BTreeSet<String>) -> BTreeSet<String> {
        tables
            .difference(&self.manifest.user_tables)
            .cloned()
            .collect()
    }
}

/// The first tables by name.
fn shown(tables: &BTreeSet<String>) -> String {
    let mut names: Vec<String> = tables
        .iter()
        .take(3)
        .map(|table| format!("`{table}`"))
        .collect();
    if let Some(more @ 1..) = tables.len().checked_sub(3) {
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "no table".to_owned(),
    }
}
