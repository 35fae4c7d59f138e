//! What the section `[user]` says of single functions and modules.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, Location, Stated};
use toml::de::DeTable;

use super::entries::Reader;

/// `main_only`, `skip`, `across_users`, `not_served` and `[user.modules]`.
pub(super) fn stated(reader: &Reader<'_>, user: &DeTable) -> Stated {
    let stated = Stated {
        modules: modules(reader, user),
        main_only: functions(reader, user, "main_only"),
        skip: functions(reader, user, "skip"),
        across_users: functions(reader, user, "across_users"),
        not_served: functions(reader, user, "not_served"),
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
            for path in paths.intersection(others) {
                let message =
                    format!("`{path}` is in `user.{first}` and in `user.{second}`. Remove one");
                reader.wrong(None, message);
            }
        }
    }
    stated
}

/// A list of paths of functions.
fn functions(reader: &Reader<'_>, user: &DeTable, key: &str) -> BTreeSet<FunctionPath> {
    let expected =
        format!("`user.{key}` must be a list of functions' paths: `{key} = [\"chat:send\"]`");
    let mut paths = BTreeSet::new();
    for item in reader.list(user, key, &expected) {
        let Some(path) = item.get_ref().as_str().and_then(path) else {
            reader.wrong_at(item, expected.clone());
            continue;
        };
        if paths.contains(&path) {
            let message = format!("`{path}` is listed twice in `user.{key}`. Remove one");
            reader.wrong_at(item, message);
        }
        paths.insert(path);
    }
    paths
}

/// `module:name`, with nothing missing.
fn path(text: &str) -> Option<FunctionPath> {
    let (module, name) = text.rsplit_once(':')?;
    let is_whole = !module.is_empty() && !name.is_empty();
    is_whole.then(|| FunctionPath::new(module, name))
}

/// `[user.modules]`: by module, whose tables its functions touch.
fn modules(reader: &Reader<'_>, user: &DeTable) -> BTreeMap<String, Location> {
    let mut found = BTreeMap::new();
    for (module, entry) in reader.table(user, "modules").into_iter().flatten() {
        let location = match entry.get_ref().as_str() {
            Some("user") => Location::User,
            Some("main") => Location::Main,
            _ => {
                let message = format!(
                    "`{}` in [user.modules] must be \"user\" or \"main\": whose tables the functions of that module touch",
                    module.get_ref()
                );
                reader.wrong_at(entry, message);
                continue;
            }
        };
        found.insert(module.get_ref().to_string(), location);
    }
    found
}
