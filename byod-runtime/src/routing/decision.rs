//! The routing decision, without I/O.

use byod_schema::Refusal;

use super::rollout::Switch;
use crate::codec::Runs;

/// What a user's record says, as far as routing is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No record, or one that is `pending` or `disconnected`.
    NotConnected,
    Connected,
    /// `error`, or a status that this version does not know.
    Error,
}

/// Where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision<'a> {
    Main,
    User,
    /// Nowhere, because connected users don't have the function. What blocks a user
    /// passes; this doesn't, so it is said first.
    NotServed {
        refusal: Refusal,
        reason: &'static str,
    },
    /// Nowhere, because the user's deployment is failing.
    Blocked,
    /// Nowhere, because the switch of that table doesn't allow it yet.
    Refused {
        table: &'a str,
        still_on_main: bool,
    },
}

/// Of an action that asks for the user's data where that is, without who calls.
const UNTOLD: Decision<'_> = Decision::NotServed {
    refusal: Refusal::Action,
    reason: "asks for the user's data where that is, and main isn't told whose call it is: give the session the user's token (`with_token`)",
};

/// Whether the decision depends on the user's record at all; that main is told who calls
/// is decided before.
pub(crate) fn needs_record(runs: Runs, switch: Switch<'_>) -> bool {
    !matches!(runs, Runs::Main { .. }) && switch != Switch::Off
}

pub(crate) fn decide(
    runs: Runs,
    switch: Switch<'_>,
    standing: Standing,
    only_reads: bool,
) -> Decision<'_> {
    if !needs_record(runs, switch) || standing == Standing::NotConnected {
        return Decision::Main;
    }
    match runs {
        Runs::Refused { refusal, reason } => return Decision::NotServed { refusal, reason },
        // With the user's token, nobody asks.
        Runs::Asks => return UNTOLD,
        Runs::User | Runs::Main { .. } => {}
    }
    let refused = |table, still_on_main| Decision::Refused {
        table,
        still_on_main,
    };
    match (standing, switch) {
        (Standing::Error, _) => Decision::Blocked,
        (_, Switch::Split(table)) => refused(table, true),
        (_, Switch::ReadOnly(table)) if !only_reads => refused(table, false),
        _ => Decision::User,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Blocked, Main, User};
    use Standing::{Connected, Error, NotConnected};

    #[test]
    fn the_routing_table() {
        let main = Runs::Main {
            sees_no_connected: false,
        };
        let (refusal, reason) = (Refusal::ReadsMain, "reads `users` beside `notes`");
        let refused = Runs::Refused { refusal, reason };
        let not_served = Decision::NotServed { refusal, reason };
        let of = |still_on_main| Decision::Refused {
            table: "notes",
            still_on_main,
        };
        let (writes, split) = (of(false), of(true));
        #[rustfmt::skip]
        let rows = [
            // runs       standing      Off   ReadOnly: reads, writes     Split       On
            (main,        NotConnected, [Main, Main,       Main,       Main,       Main]),
            (main,        Connected,    [Main, Main,       Main,       Main,       Main]),
            (main,        Error,        [Main, Main,       Main,       Main,       Main]),
            (Runs::User,  NotConnected, [Main, Main,       Main,       Main,       Main]),
            (Runs::User,  Connected,    [Main, User,       writes,     split,      User]),
            (Runs::User,  Error,        [Main, Blocked,    Blocked,    Blocked,    Blocked]),
            (Runs::Asks,  NotConnected, [Main, Main,       Main,       Main,       Main]),
            (Runs::Asks,  Connected,    [Main, UNTOLD,     UNTOLD,     UNTOLD,     UNTOLD]),
            (Runs::Asks,  Error,        [Main, UNTOLD,     UNTOLD,     UNTOLD,     UNTOLD]),
            (refused,     NotConnected, [Main, Main,       Main,       Main,       Main]),
            (refused,     Connected,    [Main, not_served, not_served, not_served, not_served]),
            (refused,     Error,        [Main, not_served, not_served, not_served, not_served]),
        ];
        for (runs, standing, [off, reads, writes, split, on]) in rows {
            for only_reads in [true, false] {
                let read_only = if only_reads { reads } else { writes };
                for (switch, expected) in [
                    (Switch::Off, off),
                    (Switch::ReadOnly("notes"), read_only),
                    (Switch::Split("notes"), split),
                    (Switch::On, on),
                ] {
                    assert_eq!(
                        decide(runs, switch, standing, only_reads),
                        expected,
                        "{runs:?} {standing:?} {switch:?} {only_reads}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_record_is_read_only_where_it_matters() {
        let main = Runs::Main {
            sees_no_connected: true,
        };
        assert!(!needs_record(main, Switch::On));
        assert!(!needs_record(Runs::User, Switch::Off));
        assert!(needs_record(Runs::User, Switch::ReadOnly("notes")));
        assert!(needs_record(Runs::User, Switch::On));
    }
}
