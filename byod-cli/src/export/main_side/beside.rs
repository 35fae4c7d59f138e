//! What main is to have beside the users' records, by what `byod export` plans: what does
//! what users' deployments leave for it, what gives copies, and the builders of actions.

use std::collections::BTreeMap;
use std::path::Path;

use byod_schema::{FunctionPath, Manifest, Placement};

use super::users::{Users, finding, users};
use crate::error::Error;
use crate::export::placing::left_out;
use crate::export::plan::{Plan, Rejected};
use crate::export::routes::{ROUTES, routes};
use crate::export::typecheck::TypeScript;
use crate::export::{mirror, moving, outbox};
use crate::owners::{self, OwnerNames, RECORDS};
use crate::source::Sources;
use crate::tree::Tree;

const APPLIED: &str = "byod/applied.ts";
const FLEET: &str = "byod/fleet.ts";
const HISTORY: &str = "byod/history.ts";
const MIRROR: &str = "byod/mirror.ts";
const MOVED: &str = "byod/moved.ts";
const MOVES: &str = "byod/moves.ts";
const MOVING: &str = "byod/moving.ts";
const OUTBOX: &str = "byod/outbox.ts";
const ROUTING: &str = "byod/routing.ts";

/// The table of what has become of users' deployments.
const HISTORY_TABLE: &str = "byodHistory";

/// The builders of actions, and what they need, the same for every app.
const SERVER: [(&str, &str); 9] = [
    ("byod/address.ts", include_str!("address.ts")),
    ("byod/bringing.ts", include_str!("bringing.ts")),
    ("byod/caller.ts", include_str!("caller.ts")),
    ("byod/delivering.ts", include_str!("delivering.ts")),
    ("byod/deployment.ts", include_str!("deployment.ts")),
    ("byod/files.ts", include_str!("files.ts")),
    ("byod/routed.ts", include_str!("routed.ts")),
    ("byod/sealed.ts", include_str!("sealed.ts")),
    ("byod/server.ts", include_str!("server.ts")),
];

/// The line of the schema with the tables of the outbox.
pub(super) const SCHEMA: &str = "in schema.ts: `import { byodOutboxTables } from \"./byod/applied\";`, and `...byodOutboxTables,` among the tables of defineSchema";

/// One file; it is nobody's to edit.
pub(super) struct MainFile {
    pub(super) name: &'static str,
    pub(super) text: String,
    /// What doesn't work where it isn't there.
    without: &'static str,
}

/// The names that are written.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let own = [
        APPLIED, FLEET, HISTORY, MIRROR, MOVED, MOVES, MOVING, OUTBOX, ROUTING, ROUTES,
    ];
    own.into_iter().chain(SERVER.iter().map(|(name, _)| *name))
}

/// What does what users' deployments leave to be done on main.
pub(super) fn of_outbox(manifest: &Manifest, users: &Users<'_>, plan: &Plan) -> Vec<MainFile> {
    if plan.leaves.is_empty() {
        return Vec::new();
    }
    let without = "main would refuse what functions on users' deployments leave for it";
    let text = outbox::of_main(manifest, &plan.leaves, &users.id(), &users.tables());
    let applied = outbox::tables_of_main(&users.id());
    [(APPLIED, applied), (OUTBOX, text)]
        .map(|(name, text)| MainFile {
            name,
            text,
            without,
        })
        .into()
}

/// The line of the schema with the tables of what an operator is shown.
pub(super) const FLEET_SCHEMA: &str = "in schema.ts: `import { byodFleetTables } from \"./byod/fleet\";`, and `...byodFleetTables,` among the tables of defineSchema; then run this again, for the functions that write there: what has become of each user's deployment is what the operator's page shows";

/// The tables of what an operator is shown beside the records.
pub(super) fn of_fleet(users: &Users<'_>) -> MainFile {
    MainFile {
        name: FLEET,
        text: with_id(include_str!("fleet.ts"), users),
        without: NO_HISTORY,
    }
}

/// The functions that write there, for a main that has the tables.
pub(super) fn of_history(users: &Users<'_>) -> MainFile {
    MainFile {
        name: HISTORY,
        text: with_id(include_str!("history.ts"), users),
        without: NO_HISTORY,
    }
}

const NO_HISTORY: &str =
    "the operator's page can't show what has become of users' deployments, nor roll-outs";

fn with_id(text: &str, users: &Users<'_>) -> String {
    text.replace("v.any(/*id*/)", &users.id())
}

/// What moves users' data, where it does; with `history`, that is noted.
pub(super) fn of_moves(
    manifest: &Manifest,
    users: &Users<'_>,
    find: &str,
    history: bool,
) -> Vec<MainFile> {
    if manifest.moves.is_none() {
        return Vec::new();
    }
    let without = "users' data doesn't move to their deployments, nor back";
    let id = users.id();
    [
        (MOVED, moving::tables_of_main(&id)),
        (MOVES, moving::state_of_main(&id, find, history)),
        (MOVING, moving::of_main(manifest, &id)),
    ]
    .map(|(name, text)| MainFile {
        name,
        text,
        without,
    })
    .into()
}

/// The line of the schema with the tables of moves.
pub(super) const MOVES_SCHEMA: &str = "in schema.ts: `import { byodMoveTables } from \"./byod/moved\";`, and `...byodMoveTables,` among the tables of defineSchema";

/// What gives copies of main's documents.
pub(super) fn of_copies(
    manifest: &Manifest,
    users: &Users<'_>,
    plan: Option<&Plan>,
) -> Option<MainFile> {
    let travelling = plan.map(|plan| plan.travelling.clone());
    let travelling = travelling.unwrap_or_default();
    (!manifest.mirror.is_default()).then(|| MainFile {
        name: MIRROR,
        text: mirror::of_main(manifest, &travelling, &users.id(), users.table()),
        without: "users' deployments get no copies of main's documents, or others than functions there read",
    })
}

/// Whether main has the tables of what an operator is shown.
pub(super) fn has_history(manifest: &Manifest) -> bool {
    manifest.main.schema.table(HISTORY_TABLE).is_some()
}

/// The builders of actions that ask for users' data where that is.
pub(super) fn of_actions(
    manifest: &Manifest,
    users: &Users<'_>,
    sources: &Sources,
    placed: &BTreeMap<FunctionPath, Placement>,
) -> Vec<MainFile> {
    let without = "main's actions go by it to users' deployments";
    let file = |name, text| MainFile {
        name,
        text,
        without,
    };
    let mut files: Vec<MainFile> = SERVER
        .iter()
        .map(|(name, text)| file(name, (*text).to_owned()))
        .collect();
    files.push(file(ROUTING, routing(users)));
    files.push(file(ROUTES, routes(manifest, sources, placed)));
    files
}

/// Whether main has the builders of actions, or a module imports them though they aren't there.
pub(super) fn goes_by_server(sources: &Sources) -> bool {
    if sources.has_server() {
        return true;
    }
    let imports = sources.modules.values().flat_map(|module| &module.imports);
    let mut specifiers = imports.map(|import| import.specifier.as_str());
    specifiers.any(|specifier| specifier.ends_with("/byod/server"))
}

/// What main lacks of it, or has otherwise than it would be written now.
pub(crate) fn outdated(
    config: &Path,
    folder: &Path,
    user: Option<&Path>,
    manifest: &Manifest,
    sources: &Sources,
    placed: &BTreeMap<FunctionPath, Placement>,
) -> Result<Vec<String>, Error> {
    let users = users(manifest, manifest.main.schema.table(RECORDS));
    let mut main = manifest.clone();
    (main.user, main.placements) = (None, None);
    let mut found = owners::problems_of_copies(manifest);
    let plan = match user {
        Some(user) if found.is_empty() => {
            // What TypeScript has said of it, the file of placements says.
            let typescript = Err("it is not asked again".to_owned());
            match planned(&main, folder, Some(user), left_out(manifest), typescript) {
                Ok(plan) => plan,
                Err(error) => {
                    found.push(format!("`byod export` would write nothing: {error}"));
                    None
                }
            }
        }
        _ => None,
    };
    let tree = Tree::named(folder, config)?;
    let mut files = Vec::new();
    if let Some(plan) = &plan {
        files.extend(of_outbox(manifest, &users, plan));
        let is_read = !plan.travelling.tables.is_empty();
        files.extend(of_copies(manifest, &users, Some(plan)).filter(|_| is_read));
    }
    if goes_by_server(sources) {
        files.extend(of_actions(manifest, &users, sources, placed));
    }
    let find = finding(manifest.main.schema.table(RECORDS));
    let history = has_history(manifest);
    files.extend(of_moves(manifest, &users, &find, history));
    // Who has none yet misses nothing that worked.
    for file in [of_fleet(&users), of_history(&users)] {
        if tree.read(file.name)?.is_some() {
            files.push(file);
        }
    }
    for MainFile {
        name,
        text,
        without,
    } in files
    {
        let known = tree.read(name)?;
        let is = match known.map(|known| known.replace("\r\n", "\n") == text) {
            Some(true) => continue,
            Some(false) => "is out of date",
            None => "is missing",
        };
        found.push(format!(
            "main's {name} {is}, and {without}. Run `byod export --main`, and deploy main"
        ));
    }
    if manifest.moves.is_some() && manifest.main.schema.table(moving::MOVES_TABLE).is_none() {
        found.push(format!(
            "main's schema lacks the tables of users' data that moves: {MOVES_SCHEMA}"
        ));
    }
    let leaves = plan.is_some_and(|plan| !plan.leaves.is_empty());
    if leaves && manifest.main.schema.table(outbox::APPLIED).is_none() {
        found.push(format!(
            "main's schema lacks the tables of what users' deployments leave for it: {SCHEMA}"
        ));
    }
    Ok(found)
}

/// The users' project as `byod export` plans it, if it would, without what is known to be
/// left out; `user` is its folder.
pub(super) fn planned(
    manifest: &Manifest,
    main: &Path,
    user: Option<&Path>,
    left_out: Rejected,
    typescript: Result<TypeScript, String>,
) -> Result<Option<Plan>, Error> {
    let names = OwnerNames::of(manifest);
    if manifest.user_tables.is_empty() || names.arguments.is_empty() {
        return Ok(None);
    }
    let sources = Sources::read(main, &names)?;
    let custom = match user {
        Some(folder) => crate::export::custom(folder, &names)?,
        None => Sources::default(),
    };
    let mut manifest = manifest.clone();
    let (plan, _) = crate::export::checked(&mut manifest, &sources, &custom, left_out, typescript)?;
    Ok(Some(plan))
}

/// `byod/routing.ts`: which record is the caller's, as this app finds its users.
fn routing(users: &Users<'_>) -> String {
    let mut imports = String::new();
    if let Users::ConvexAuth { .. } = users {
        imports.push_str("import { getAuthUserId } from \"@convex-dev/auth/server\";\n");
    }
    imports.push_str(
        "import { makeFunctionReference } from \"convex/server\";\nimport { ConvexError, v } from \"convex/values\";\n",
    );
    if !matches!(users, Users::Subject) {
        imports.push_str("import type { Id } from \"../_generated/dataModel\";\n");
    }
    imports.push_str(
        "import {\n  internalAction,\n  internalQuery,\n  type QueryCtx,\n} from \"../_generated/server\";\n",
    );
    // The subjects of Convex Auth name a session, too.
    let subject = match users {
        Users::ConvexAuth { .. } => "userId",
        Users::Table { .. } | Users::Subject => "identity?.subject ?? \"\"",
    };
    include_str!("routing.ts")
        .replace("/*imports*/\n", &imports)
        .replace("/*caller*/", &users.caller())
        .replace("/*subject*/", subject)
}
