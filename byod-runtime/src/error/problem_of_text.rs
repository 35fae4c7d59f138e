//! Which problem a user's record tells, in words for the user.

use super::problem::ConnectionProblem;
use super::words::SOMEBODY_ELSES;

/// How the text of each begins.
const WORDS: [(&str, &str); 15] = [
    ("wrong_key", "the deployment does not accept the deploy key"),
    ("timed_out", "the deployment did not answer within"),
    ("not_found", "there is no such deployment"),
    ("unreachable", "the deployment can't be reached"),
    ("insecure", "no secure connection to the deployment"),
    ("failing", "the deployment fails with HTTP status"),
    ("stopped", "the deployment runs no functions at present"),
    ("flooding", "the deployment sends more than it is asked for"),
    (
        "not_convex",
        "what answers there is not a Convex deployment",
    ),
    ("no_ping", "the deployment has no function `functions:ping`"),
    (
        "ping_failed",
        "the deployment's function `functions:ping` fails",
    ),
    ("no_claim", "the deployment's module `byod/claim`"),
    ("somebody_elses", SOMEBODY_ELSES),
    ("schema_outdated", "the deployment has version"),
    ("credentials", "the stored credentials can't be used"),
];

impl ConnectionProblem {
    /// The [`kind`](Self::kind) of the problem that a record's `connectionError` tells; `None` where this version of byod
    /// has no such text.
    ///
    /// ```
    /// use byod_runtime::ConnectionProblem;
    ///
    /// let stored = "the deployment did not answer within 5s; it may be paused or overloaded";
    /// assert_eq!(ConnectionProblem::kind_of_text(stored), Some("timed_out"));
    /// ```
    pub fn kind_of_text(text: &str) -> Option<&'static str> {
        let found = WORDS.iter().find(|(_, begins)| text.starts_with(begins));
        found.map(|(kind, _)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Said;

    #[test]
    fn each_problem_is_known_by_its_text() {
        use ConnectionProblem::*;
        let said = || Said::new(Some("Code"), "the deployment has version 1");
        let reason = || "the deployment can't be reached".into();
        let problems = [
            WrongKey { said: said() },
            TimedOut {
                limit: Duration::from_secs(5),
            },
            NotFound { said: said() },
            Unreachable { reason: reason() },
            Insecure { reason: reason() },
            Failing {
                status: 500,
                said: said(),
            },
            Stopped { said: said() },
            Flooding,
            NotConvex,
            NoPing,
            PingFailed { said: said() },
            NoClaim { said: said() },
            SomebodyElses,
            SchemaOutdated {
                found: 1,
                minimum: 2,
            },
            Credentials { reason: reason() },
        ];
        assert_eq!(problems.len(), WORDS.len());
        for problem in problems {
            let kind = ConnectionProblem::kind_of_text(&problem.to_string());
            assert_eq!(kind, Some(problem.kind()));
        }
        for other in ["", "wrong key", "The deployment can't be reached"] {
            assert_eq!(ConnectionProblem::kind_of_text(other), None);
        }
    }
}
