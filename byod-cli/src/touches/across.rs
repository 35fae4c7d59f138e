//! Whether a function is about several users: administration, which runs on main and sees
//! nothing of what connected users have elsewhere.
//!
//! That must show: it asks for a role of who calls before it goes on, it only reads users'
//! tables, and where it does, nothing is said of who calls. A role is no reason by itself:
//! what is an admin's own is theirs like everybody's.

use std::collections::BTreeSet;

use byod_schema::{FunctionPath, FunctionType};

use super::analysis::{Analysis, Touches};
use crate::owners::Owners;
use crate::source::{Access, Caller, Decides, Origin, Place, Statement};

/// What names of members say that it is a role.
const ROLES: [&str; 6] = [
    "admin",
    "moderator",
    "permission",
    "role",
    "staff",
    "superuser",
];

impl Analysis<'_> {
    /// Whether the function is to show what several users have; `total` is what it touches.
    pub(super) fn is_across_users(&self, path: &FunctionPath, total: &Touches) -> bool {
        let users = &self.manifest.user_tables;
        let function = self.manifest.main.functions.get(path);
        let is_action = function.is_none_or(|f| f.function_type == FunctionType::Action);
        let direct = self.function(path);
        if is_action
            || !total.obscure.is_empty()
            || !total.writes.is_disjoint(users)
            || direct.reads.is_disjoint(users)
            || total
                .reads
                .intersection(users)
                .ne(direct.reads.intersection(users))
        {
            return false;
        }
        let Some((module, index)) = self.sources.exported(&path.module, &path.name) else {
            return false;
        };
        let (_, reached) = self.of_place(&(module.name.clone(), index));
        self.asks_for_role(&reached) && self.is_nowhere_of_caller(&reached)
    }

    /// Whether it goes on only for callers of some role.
    fn asks_for_role(&self, reached: &BTreeSet<Place>) -> bool {
        let answers = |name: &str| {
            let mut statements = self.statements(reached);
            statements.any(|statement| {
                statement.names.iter().any(|n| n == name)
                    && decide(statement, Decides::Answer).any(is_role)
            })
        };
        let mut statements = self.statements(reached);
        statements.any(|statement| {
            decide(statement, Decides::WhetherToGoOn).any(|access| {
                is_role(access)
                    || matches!(&access.caller, Caller::Helper(name)
                        if access.path.is_empty() && answers(name))
            })
        })
    }

    /// Whether nothing of what leads to users' tables knows who calls, or lets somebody say
    /// whose call it is in a way that isn't followed.
    fn is_nowhere_of_caller(&self, reached: &BTreeSet<Place>) -> bool {
        reached.iter().all(|place| {
            let (touches, _) = self.of_place(place);
            let Some(module) = self.sources.modules.get(&place.0) else {
                return false;
            };
            if touches
                .tables()
                .iter()
                .all(|t| !self.manifest.user_tables.contains(*t))
            {
                return true;
            }
            let facts = &module.statements[place.1].facts;
            facts.problems.is_empty()
                && facts.access.iter().all(says_nothing)
                && facts.touching.operations.iter().all(|operation| {
                    let owner = operation
                        .by
                        .iter()
                        .filter(|(field, _)| self.names_owner(field));
                    owner.into_iter().all(|(_, whose)| is_seen(whose))
                })
        })
    }

    fn names_owner(&self, field: &str) -> bool {
        let tables = self.manifest.main.schema.tables.iter();
        let mut users = tables.filter(|t| self.manifest.user_tables.contains(&t.table_name));
        users.any(|table| Owners::of(self.manifest, table).fields().contains(&field))
    }

    fn statements<'s>(
        &'s self,
        reached: &'s BTreeSet<Place>,
    ) -> impl Iterator<Item = &'s Statement> {
        reached.iter().filter_map(|(module, index)| {
            let module = self.sources.modules.get(module)?;
            module.statements.get(*index)
        })
    }
}

fn decide(statement: &Statement, what: Decides) -> impl Iterator<Item = &Access> {
    let all = statement.facts.access.iter();
    all.filter(move |access| access.decides == Some(what))
}

/// `user.role`, `ctx.isAdmin`; the admin that a builder adds is no role.
fn is_role(access: &Access) -> bool {
    let Some(last) = access.path.last() else {
        return false;
    };
    let name = last.to_lowercase();
    let is_whole = access.caller == Caller::Context
        && access.path.len() == 1
        && ROLES.contains(&name.as_str())
        && name != "role";
    !is_whole && ROLES.iter().any(|role| name.contains(role))
}

/// Whether it says no more than that somebody calls, or in which role.
fn says_nothing(access: &Access) -> bool {
    let is_test = access.is_null_test && access.path.len() <= 1;
    access.lookup.is_some() || is_test || is_role(access)
}

/// Whether the text shows where somebody's id comes from: an argument, or another document.
fn is_seen(origin: &Origin) -> bool {
    match origin {
        Origin::Args | Origin::Parameter(_) | Origin::Query(_) => true,
        Origin::Member(of, _) | Origin::Element(of) | Origin::List(of) | Origin::Document(of) => {
            is_seen(of)
        }
        // The other is what a type says of the first.
        Origin::Or(first, _) => is_seen(first),
        Origin::Each(all) => !all.is_empty() && all.iter().all(is_seen),
        _ => false,
    }
}
