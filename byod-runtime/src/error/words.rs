//! Parts of errors' messages.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::text::Shown;
use crate::error::Claim;

pub(crate) struct Of<'a>(pub(crate) &'a Option<Arc<str>>);

impl fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(user) => write!(f, " of user `{}`", Shown(user)),
            None => Ok(()),
        }
    }
}

pub(crate) struct Elapsed<'a>(pub(crate) &'a bool, pub(crate) &'a Duration);

impl fmt::Display for Elapsed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if *self.0 {
            "connection"
        } else {
            "complete answer"
        };
        write!(f, "no {what} within {:?}", self.1)
    }
}

pub(crate) struct Refused<'a>(
    pub(crate) &'a u16,
    pub(crate) &'a Option<Box<str>>,
    pub(crate) &'a str,
);

impl fmt::Display for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP status {}", self.0)?;
        if let Some(code) = self.1 {
            write!(f, " {}", Shown(code))?;
        }
        if !self.2.is_empty() {
            write!(f, ": {}", Shown(self.2))?;
        }
        Ok(())
    }
}

pub(crate) struct Switched<'a>(pub(crate) &'a str, pub(crate) &'a bool);

impl fmt::Display for Switched<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = Shown(self.0);
        if *self.1 {
            write!(
                f,
                "`{table}` is still on main (rollout: Off), while others of its tables are on users' deployments"
            )
        } else {
            write!(
                f,
                "writes to `{table}` on users' deployments are switched off (rollout: ReadOnly)"
            )
        }
    }
}

pub(crate) struct Unanswered<'a>(pub(crate) &'a Claim);

impl fmt::Display for Unanswered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Claim::SomebodyElses => SOMEBODY_ELSES,
            _ => {
                "the deployment belongs to nobody and could not be claimed for the user; connect it again"
            }
        })
    }
}

/// What a person can do about a deployment that is another user's.
pub(crate) const SOMEBODY_ELSES: &str = "the deployment belongs to somebody else; connect one of your own, or have its owner disconnect and release it (`byod release`)";
