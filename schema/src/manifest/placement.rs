//! Where main's functions run for a user who connected a deployment, by the tables
//! that they touch.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::location::Location;
use crate::function::FunctionPath;

/// Where each of main's functions runs, as the tool found it: what `byod export`
/// writes beside `byod.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placements {
    /// A digest of main's own files and of what `byod.toml` says, as they were when the
    /// functions were judged.
    pub digest: String,
    /// Every public function of main, and the internal ones that those call or schedule.
    pub functions: BTreeMap<FunctionPath, Placement>,
}

/// What one function touches, and where it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// Where it runs for a connected user.
    #[serde(flatten)]
    pub runs: Runs,
    /// Whose tables it touches.
    pub side: Side,
    /// The tables that it reads, by itself or by what it calls or schedules.
    pub reads: BTreeSet<String>,
    /// The tables that it writes.
    pub writes: BTreeSet<String>,
    /// It runs on main and reads users' tables there: of what connected users have on
    /// their own deployments it sees nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sees_no_connected: bool,
    /// The tables of main of which it reads copies on the user's deployment: they are brought
    /// there before it is called. Of a function that runs on main, those
    /// of them that it may write.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub mirror: BTreeSet<String>,
    /// It may leave rows in the outbox of the user's deployment, which are applied on main
    /// after it was called.
    #[serde(default, skip_serializing_if = "is_false")]
    pub outbox: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Placement {
    /// Every table that it reads or writes.
    pub fn touches(&self) -> BTreeSet<&str> {
        let all = self.reads.iter().chain(&self.writes);
        all.map(String::as_str).collect()
    }
}

/// Whose tables a function touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// Main's tables alone, or none.
    Main,
    /// Users' tables alone.
    User,
    /// Tables of both.
    Mixed,
    /// Not all of the tables show.
    Unknown,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Main => "main",
            Self::User => "user",
            Self::Mixed => "mixed",
            Self::Unknown => "unknown",
        })
    }
}

/// Where a function runs for a user who connected a deployment. For everybody else
/// it runs on main.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "runs", rename_all = "camelCase")]
pub enum Runs {
    /// On the user's deployment.
    User,
    /// On main, by right: it touches no table of the users.
    Main,
    /// Nowhere: it is refused before anything is sent.
    Refused {
        /// Which kind of reason it is.
        refusal: Refusal,
        /// The reason, in words that complete "it …".
        reason: String,
    },
}

impl Runs {
    /// The user's deployment or main, unless it is refused.
    pub fn location(&self) -> Option<Location> {
        match self {
            Self::User => Some(Location::User),
            Self::Main => Some(Location::Main),
            Self::Refused { .. } => None,
        }
    }
}

/// Why a function doesn't run for a connected user.
///
/// ```
/// # extern crate byod_schema as byod_runtime;
/// use byod_runtime::Refusal;
///
/// /// Whether it is meant to be so.
/// fn is_on_purpose(refusal: Refusal) -> bool {
///     matches!(refusal, Refusal::MainOnly | Refusal::Skipped)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    /// It touches users' tables alone, but their deployments don't have it: it can't be
    /// carried over, and nobody wrote it there.
    NotCarried,
    /// It reads tables of main beside users' tables.
    ReadsMain,
    /// It writes tables of main beside users' tables.
    WritesMain,
    /// It calls or schedules what stays on main, beside touching users' tables.
    RunsMain,
    /// It is an action, or runs in Node, and asks for users' tables by calling functions:
    /// it stays on main, with main's secrets.
    Action,
    /// It needs a component or a package that users' deployments don't have.
    Component,
    /// Which tables it touches doesn't show.
    Unknown,
    /// `byod.toml` says that connected users don't have it.
    MainOnly,
    /// `byod.toml` says that it is left out.
    Skipped,
    /// It was never judged: it is newer than what the tool wrote.
    NotJudged,
}

impl Refusal {
    /// Every kind of reason.
    pub const ALL: [Self; 10] = [
        Self::NotCarried,
        Self::ReadsMain,
        Self::WritesMain,
        Self::RunsMain,
        Self::Action,
        Self::Component,
        Self::Unknown,
        Self::MainOnly,
        Self::Skipped,
        Self::NotJudged,
    ];

    /// What to do about it.
    pub fn fix(self) -> &'static str {
        match self {
            Self::NotCarried => {
                "change on main what the reason says, or write the function in custom/; or list it in `user.across_users` where it is to show several users' data"
            }
            Self::ReadsMain => {
                "name the table in `user.mirror`, where it is the caller's own documents that the function reads, or in `user.published`, where they are nobody's and everybody may know them; or write the function in custom/, without what main's tables say; or list it in `user.main_only`, or in `user.across_users` where it is to show several users' data"
            }
            Self::WritesMain => {
                "change on main what the reason says, so that main can do it after the call; or write the function in custom/, and let the service write on main; or list it in `user.main_only`"
            }
            Self::RunsMain => {
                "schedule the other one, where it touches main's tables alone; or write the function in custom/, and let the service call the other one; or list it in `user.main_only`"
            }
            Self::Action => {
                "let the service do what the action does, and call functions of tables for the rest; or list it in `user.main_only`"
            }
            Self::Component => {
                "write the function in custom/, without the component; or list it in `user.main_only`"
            }
            Self::Unknown => {
                "show the tables as the reason says; or say in [user.modules] whose tables the module touches"
            }
            Self::MainOnly | Self::Skipped => "nothing, if that is what it is to do",
            Self::NotJudged => "run `byod export`",
        }
    }

    /// Whether `byod.toml` says so, which is no fault.
    pub fn is_stated(self) -> bool {
        matches!(self, Self::MainOnly | Self::Skipped)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotCarried => "touches users' tables alone, but can't be carried over",
            Self::ReadsMain => "reads main's tables beside users' tables",
            Self::WritesMain => "writes main's tables beside users' tables",
            Self::RunsMain => "calls or schedules what stays on main",
            Self::Action => "is an action or runs in Node, and asks for users' tables",
            Self::Component => "needs a component or package",
            Self::Unknown => "doesn't show which tables it touches",
            Self::MainOnly => "is main's only, as byod.toml says",
            Self::Skipped => "is left out, as byod.toml says",
            Self::NotJudged => "is newer than the file of the functions",
        })
    }
}

/// What `byod.toml` says of functions and modules that the tool can't see for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stated {
    /// By module, whose tables its functions touch, where that doesn't show.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modules: BTreeMap<String, Location>,
    /// Functions that connected users don't have, while all others do.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub main_only: BTreeSet<FunctionPath>,
    /// Functions that are left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skip: BTreeSet<FunctionPath>,
    /// Functions that read what several users have, and so run on main for everybody: of
    /// what connected users have they see nothing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub across_users: BTreeSet<FunctionPath>,
    /// Main's tables without an owner into which functions on users' deployments may
    /// write all the same, by rows that are applied on main.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub outbox: BTreeSet<String>,
    /// Functions of which it is known that they are refused.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_served: BTreeSet<FunctionPath>,
}

impl Stated {
    /// Whether `byod.toml` says nothing of it.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
