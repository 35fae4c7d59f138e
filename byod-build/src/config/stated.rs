//! What the section `[user]` says of single functions and modules.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, Location, Stated};
use toml::de::DeTable;

use super::entries::Reader;
use crate::error::Error;

/// `main_only`, `skip`, `across_users`, `not_served` and `[user.modules]`.
pub(super) fn stated(reader: &Reader<'_>, user: &DeTable) -> Result<Stated, Error> {
    let stated = Stated {
        modules: modules(reader, user)?,
        main_only: functions(reader, user, "main_only")?,
        skip: functions(reader, user, "skip")?,
        across_users: functions(reader, user, "across_users")?,
        not_served: functions(reader, user, "not_served")?,
        // As tables are named, elsewhere.
        outbox: BTreeSet::new(),
    };
    let lists = [
        ("main_only", &stated.main_only),
        ("skip", &stated.skip),
        ("across_users", &stated.across_users),
    ];
    for (i, (first, paths)) in lists.iter().enumerate() {
        for (second, others) in &lists[i + 1..] {
            if let Some(path) = paths.intersection(others).next() {
                let message =
                    format!("`{path}` is in `user.{first}` and in `user.{second}`. Remove one");
                return Err(reader.error(None, message));
            }
        }
    }
    Ok(stated)
}

/// A list of paths of functions.
fn functions(
    reader: &Reader<'_>,
    user: &DeTable,
    key: &str,
) -> Result<BTreeSet<FunctionPath>, Error> {
    let Some(entry) = user.get(key) else {
        return Ok(BTreeSet::new());
    };
    let expected =
        format!("`user.{key}` must be a list of functions' paths: `{key} = [\"chat:send\"]`");
    let list = entry
        .get_ref()
        .as_array()
        .ok_or_else(|| reader.at(entry, expected.clone()))?;
    let mut paths = BTreeSet::new();
    for item in list.iter() {
        let path = item.get_ref().as_str().and_then(path);
        let path = path.ok_or_else(|| reader.at(item, expected.clone()))?;
        if paths.contains(&path) {
            let message = format!("`{path}` is listed twice in `user.{key}`. Remove one");
            return Err(reader.at(item, message));
        }
        paths.insert(path);
    }
    Ok(paths)
}

/// `module:name`, with nothing missing.
fn path(text: &str) -> Option<FunctionPath> {
    let (module, name) = text.rsplit_once(':')?;
    let is_whole = !module.is_empty() && !name.is_empty();
    is_whole.then(|| FunctionPath::new(module, name))
}

/// `[user.modules]`: by module, whose tables its functions touch.
fn modules(reader: &Reader<'_>, user: &DeTable) -> Result<BTreeMap<String, Location>, Error> {
    let Some(modules) = reader.table(user, "modules")? else {
        return Ok(BTreeMap::new());
    };
    let mut found = BTreeMap::new();
    for (module, entry) in modules {
        let location = match entry.get_ref().as_str() {
            Some("user") => Location::User,
            Some("main") => Location::Main,
            _ => {
                let message = format!(
                    "`{}` in [user.modules] must be \"user\" or \"main\": whose tables the functions of that module touch",
                    module.get_ref()
                );
                return Err(reader.at(entry, message));
            }
        };
        found.insert(module.get_ref().to_string(), location);
    }
    Ok(found)
}
