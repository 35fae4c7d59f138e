//! Mutations that run once per key, as the functions that `byod export` writes.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, IDEMPOTENCY_TABLE, Injection, Manifest, Value};

use super::ctx::Ctx;
use crate::error::FunctionError;
use crate::values::Object;

/// How long a key is kept, in milliseconds.
const KEPT: f64 = 24.0 * 60.0 * 60.0 * 1000.0;

/// How many outdated keys go when a new one comes.
const REMOVED: usize = 8;

/// How one mutation takes a key.
#[derive(Clone, Debug)]
pub(crate) struct Keyed {
    /// The argument that holds it.
    key: String,
    /// The argument that says whose it is.
    owner: String,
    /// Arguments that are not the caller's own, and may be others in a repeat.
    injected: BTreeSet<String>,
}

/// The mutations of users' deployments that take a key.
pub(crate) fn keyed(manifest: &Manifest, owner: &str) -> BTreeMap<FunctionPath, Keyed> {
    let functions = manifest.main.functions.keys();
    let keyed = functions.filter_map(|path| {
        let injected = manifest.injected(path);
        let key = injected
            .iter()
            .find(|(_, injection)| *injection == Injection::IdempotencyKey)?;
        let keyed = Keyed {
            key: key.0.to_owned(),
            owner: owner.to_owned(),
            injected: injected
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect(),
        };
        Some((path.clone(), keyed))
    });
    keyed.collect()
}

impl Keyed {
    /// Runs the mutation, unless it has run with this key already.
    pub(crate) fn run(
        &self,
        ctx: &mut Ctx<'_>,
        mut args: Object,
        run: impl FnOnce(&mut Ctx<'_>, Object) -> Result<Value, FunctionError>,
    ) -> Result<Value, FunctionError> {
        let Some(Value::String(given)) = args.remove(&self.key) else {
            return run(ctx, args);
        };
        let (function, key) = given
            .split_once(' ')
            .filter(|(function, key)| !function.is_empty() && !key.is_empty())
            .ok_or_else(|| refused("is not a function's path, a space, and a text"))?;
        let owner = args.str(&self.owner).unwrap_or_default().to_owned();
        let own = args
            .iter()
            .filter(|(name, _)| !self.injected.contains(*name));
        let own: Object = own.map(|(name, value)| (name, value.clone())).collect();
        let digest = serde_json::to_string(&own).map_err(|e| FunctionError::new(e.to_string()))?;

        let outdated = ctx.now() - KEPT;
        let known = ctx
            .query(IDEMPOTENCY_TABLE)
            .eq("owner", owner.as_str())
            .eq("key", key)
            .first()?;
        if let Some(mut known) = known {
            if !is_older(&known, outdated) {
                let of = known.str("function").unwrap_or_default();
                if of != function || known.str("args") != Some(&digest) {
                    return Err(refused(&format!("was used for another call, of `{of}`")));
                }
                return Ok(known.remove("result").unwrap_or(Value::Null));
            }
            ctx.delete(known.id().unwrap_or_default())?;
        }
        let result = run(ctx, args)?;
        let entry = [
            ("owner", Value::from(owner)),
            ("key", key.into()),
            ("function", function.into()),
            ("args", digest.into()),
            ("result", result.clone()),
        ];
        ctx.insert(IDEMPOTENCY_TABLE, Object::from(entry))?;
        // The oldest come first: what is behind one that is kept is kept, too.
        let old = ctx.query(IDEMPOTENCY_TABLE).take(REMOVED)?;
        let old = old.into_iter().filter(|entry| is_older(entry, outdated));
        for entry in old {
            ctx.delete(entry.id().unwrap_or_default())?;
        }
        Ok(result)
    }
}

fn is_older(entry: &Object, time: f64) -> bool {
    entry.number("_creationTime").unwrap_or_default() <= time
}

fn refused(why: &str) -> FunctionError {
    let message = format!("The idempotency key {why}");
    FunctionError::convex(Value::from_iter([
        ("code", "idempotency_key"),
        ("message", &message),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Caller;
    use crate::functions::Access;
    use crate::store::{Noticed, Store};
    use byod_schema::idempotency_table;

    #[test]
    fn a_key_is_kept_for_a_day_and_then_goes() {
        let mut schema = crate::testing::manifest().main.schema;
        schema.tables = vec![idempotency_table()];
        let mut store = Store::new(&schema).unwrap();
        let keyed = Keyed {
            key: "once".to_owned(),
            owner: "userId".to_owned(),
            injected: BTreeSet::from(["userId".to_owned()]),
        };
        let caller = Caller::admin();
        let mut run = |key: u32, n: f64, now: f64| {
            let args = [
                ("once", Value::from(format!("a:b {key}"))),
                ("userId", "ada".into()),
                ("n", n.into()),
            ];
            let noticed = Noticed::default();
            let mut ctx = Ctx::new(Access::Write(store.begin()), &caller, now, &noticed);
            let ran = keyed.run(&mut ctx, Object::from(args), |_, args| {
                Ok(args.get("n").cloned().unwrap_or(Value::Null))
            });
            ctx.commit();
            (ran, store.tables()[IDEMPOTENCY_TABLE].len())
        };
        for key in 0..12 {
            assert_eq!(run(key, 1.0, 1.0).0, Ok(Value::Float64(1.0)));
        }
        assert!(run(3, 2.0, KEPT).0.is_err());
        let (ran, left) = run(3, 2.0, KEPT + 10.0);
        assert_eq!((ran, left), (Ok(Value::Float64(2.0)), 12 - 1 - REMOVED + 1));
    }
}
