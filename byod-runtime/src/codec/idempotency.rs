use super::function::FunctionInfo;
use crate::error::Error;

/// The longest idempotency key, in bytes.
pub(crate) const LONGEST: usize = 256;

/// What makes a mutation safe to repeat on a user's deployment: of the calls of one
/// user with the same key, the functions that `byod export` writes run one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    pub(crate) fn new(key: String) -> Self {
        Self(key)
    }

    /// What is sent: keys of different functions can't be mixed up.
    pub(crate) fn of(&self, function: &FunctionInfo) -> String {
        format!("{} {}", function.path, self.0)
    }

    /// Whether it can be sent, and the function takes it; said before anything is.
    pub(crate) fn check(&self, function: &FunctionInfo) -> Result<(), Error> {
        let path = function.path;
        let length = self.0.len();
        if !(1..=LONGEST).contains(&length) {
            return Err(Error::argument(format!(
                "the idempotency key of a call of `{path}` has {length} bytes; it must have 1 to {LONGEST}"
            )));
        }
        if !function.takes_idempotency_key() {
            return Err(Error::config(format!(
                "`{path}` takes no idempotency key: only mutations of users' tables do, where byod.toml has \
                 `idempotencyKey = \"idempotency-key\"` under [user.inject] and the function on users' deployments \
                 takes that argument, as `byod export` writes it"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use byod_schema::{FunctionType, Injection};

    use super::*;
    use crate::codec::Runs;

    const REMOVE: FunctionInfo = FunctionInfo {
        table: "notes",
        kind: FunctionType::Mutation,
        runs: Runs::User,
        switches: &["notes"],
        path: "notes:remove",
        head: "",
        inject: &[("once", Injection::IdempotencyKey)],
        mirror: &[],
        outbox: false,
        schema_version: 0,
        takes: &[],
    };

    #[test]
    fn a_key_is_bounded_and_goes_only_where_it_is_taken() {
        let check = |key: &str, function: &FunctionInfo| {
            let checked = IdempotencyKey::new(key.to_owned()).check(function);
            checked.map_err(|error| error.to_string())
        };
        assert_eq!(check("a", &REMOVE), Ok(()));
        assert_eq!(check(&"ä".repeat(128), &REMOVE), Ok(()));
        for (key, length) in [(String::new(), 0), ("ä".repeat(129), 258)] {
            let error = check(&key, &REMOVE).unwrap_err();
            assert!(
                error.contains(&format!("`notes:remove` has {length} bytes")),
                "{error}"
            );
        }
        let without = FunctionInfo {
            inject: &[("now", Injection::Now)],
            ..REMOVE
        };
        let error = check("a", &without).unwrap_err();
        assert!(
            error.contains("`notes:remove` takes no idempotency key"),
            "{error}"
        );
    }

    #[test]
    fn what_is_sent_names_the_function() {
        let key = IdempotencyKey::new("order 7".to_owned());
        assert_eq!(key.of(&REMOVE), "notes:remove order 7");
    }
}
