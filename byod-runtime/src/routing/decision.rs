//! The routing decision, without I/O.

use byod_schema::{FunctionType, Location};

use super::rollout::Rollout;

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
pub(crate) enum Decision {
    Main,
    User,
    /// Nowhere, because the user's deployment is failing.
    Blocked,
    /// Nowhere, because the rollout allows no writes yet.
    Refused,
}

/// Whether the decision depends on the user's record at all.
pub(crate) fn needs_record(location: Location, rollout: Rollout) -> bool {
    location == Location::User && rollout != Rollout::Off
}

pub(crate) fn decide(
    location: Location,
    rollout: Rollout,
    standing: Standing,
    kind: FunctionType,
) -> Decision {
    if !needs_record(location, rollout) {
        return Decision::Main;
    }
    match standing {
        Standing::NotConnected => Decision::Main,
        Standing::Error => Decision::Blocked,
        Standing::Connected => match (rollout, kind) {
            (Rollout::ReadOnly, FunctionType::Mutation | FunctionType::Action) => Decision::Refused,
            _ => Decision::User,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Blocked, Main, Refused, User};
    use FunctionType::{Action, Mutation, Query};
    use Standing::{Connected, Error, NotConnected};

    #[test]
    fn the_routing_table() {
        #[rustfmt::skip]
        let rows = [
            // location        standing      Off   ReadOnly: reads, writes   On
            (Location::Main, NotConnected, [Main, Main,    Main,    Main]),
            (Location::Main, Connected,    [Main, Main,    Main,    Main]),
            (Location::Main, Error,        [Main, Main,    Main,    Main]),
            (Location::User, NotConnected, [Main, Main,    Main,    Main]),
            (Location::User, Connected,    [Main, User,    Refused, User]),
            (Location::User, Error,        [Main, Blocked, Blocked, Blocked]),
        ];
        for (location, standing, [off, reads, writes, on]) in rows {
            for kind in [Query, Mutation, Action] {
                let read_only = if kind == Query { reads } else { writes };
                for (rollout, expected) in [
                    (Rollout::Off, off),
                    (Rollout::ReadOnly, read_only),
                    (Rollout::On, on),
                ] {
                    assert_eq!(
                        decide(location, rollout, standing, kind),
                        expected,
                        "{location} {standing:?} {rollout:?} {kind}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_record_is_read_only_where_it_matters() {
        assert!(!needs_record(Location::Main, Rollout::On));
        assert!(!needs_record(Location::User, Rollout::Off));
        assert!(needs_record(Location::User, Rollout::ReadOnly));
        assert!(needs_record(Location::User, Rollout::On));
    }
}
