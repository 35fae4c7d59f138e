//! The table of users' records, and the functions that keep them.

use byod_schema::Table;

use super::users::{Users, finding, with_index};
use crate::export::tables::index_by;
use crate::layout::string;

/// The functions that change records, unless they are others than the writer has seen.
const UPDATE: &str = include_str!("update.ts");

/// The function that says whose a token is.
const WHO: &str = include_str!("who.ts");
/// The function that services watch, to know of changes in time.
const CHANGES: &str = include_str!("changes.ts");

/// The functions that `byod rotate-key` calls.
const ROTATION: &str = include_str!("rotation.ts");
/// The function that gives the records of several users.
const TOGETHER: &str = include_str!("together.ts");

pub(super) fn tables(users: &Users<'_>) -> String {
    include_str!("tables.ts").replace("v.any(/*id*/)", &users.id())
}

/// What seals records anew, and tells a move that is under way.
pub(super) fn rotation(moves: bool) -> String {
    let resealed = match moves {
        true => "    await resealed(ctx, config.userId, expectedAuthTags, sealed.authTags);\n",
        false => "",
    };
    ROTATION.replace("/*resealed*/", resealed)
}

pub(super) fn who(users: &Users<'_>) -> String {
    // The subjects of Convex Auth name a session, too.
    let subject = match users {
        Users::ConvexAuth { .. } => "userId",
        Users::Table { .. } | Users::Subject => "identity.subject",
    };
    let text = WHO.replace("/*id*/", &users.id());
    text.replace("/*subject*/", subject)
}

/// What is beside the records on main.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    pub(super) moves: bool,
    pub(super) history: bool,
}

/// The function that gives the records of several users at once; with `moves`, how far their data is on its way.
pub(super) fn together(users: &Users<'_>, moves: bool) -> String {
    let read = match moves {
        true => "\n          await withMove(ctx.db, userId, await recordOf(ctx, userId)),\n      ",
        false => " await recordOf(ctx, userId)",
    };
    let text = match moves {
        true => TOGETHER.replace("(async (userId)", "(\n        async (userId)"),
        false => TOGETHER.to_owned(),
    };
    text.replace("/*id*/", &users.id())
        .replace("/*read*/", read)
}

/// The functions that change records; with `history`, what that means is kept.
pub(super) fn update(history: bool) -> String {
    let noted = match history {
        true => "  await noted(ctx, configId, config);\n",
        false => "",
    };
    UPDATE.replace("/*noted*/", noted)
}

pub(super) fn credentials(users: &Users<'_>, present: Option<&Table>, parts: Parts) -> String {
    let Parts { moves, history } = parts;
    let mut imports = String::new();
    if let Users::ConvexAuth { .. } = users {
        imports.push_str("import { getAuthUserId } from \"@convex-dev/auth/server\";\n");
    }
    imports.push_str("import { paginationOptsValidator } from \"convex/server\";\n");
    imports.push_str("import { v, type ObjectType } from \"convex/values\";\n");
    if !matches!(users, Users::Subject) {
        imports.push_str("import type { Id } from \"../_generated/dataModel\";\n");
    }
    imports.push_str(
        "import {\n  internalMutation,\n  internalQuery,\n  mutation,\n  query,\n  type MutationCtx,\n  type QueryCtx,\n} from \"../_generated/server\";\n",
    );
    if history {
        imports.push_str("import { noted } from \"./history\";\n");
    }
    if moves {
        imports.push_str("import { moving, movingOf, resealed, withMove } from \"./moves\";\n");
    }
    // A schema of the app's own has the table, so its validators serve.
    let (record, by_updated) = match present {
        None => {
            imports.push_str("import { connectionStatus, databaseConfig } from \"./tables\";\n");
            (String::new(), Some("by_updated"))
        }
        Some(table) => {
            imports.push_str("import schema from \"../schema\";\n");
            (
                "\nconst databaseConfig = schema.tables.userDatabaseConfig.validator.fields;\n\
                 const { connectionStatus } = databaseConfig;\n"
                    .to_owned(),
                index_by(table, "updatedAt"),
            )
        }
    };
    let find = finding(present);
    let read = match moves {
        true => "\n    await withMove(ctx.db, userId, await recordOf(ctx, userId))",
        false => " await recordOf(ctx, userId)",
    };
    let (moving_type, moving) = match moves {
        true => (
            "      moving: v.optional(moving),\n",
            "      moving: await movingOf(ctx.db, userId),\n",
        ),
        false => ("", ""),
    };
    let (create, disconnected) = match history {
        true => (
            "    const configId = await ctx.db.insert(\"userDatabaseConfig\", config);\n    await noted(ctx, configId, null);\n    return configId;\n",
            "      await noted(ctx, config._id, config);\n",
        ),
        false => (
            "    return await ctx.db.insert(\"userDatabaseConfig\", config);\n",
            "",
        ),
    };
    // Without an index it would be run again whenever any record changes, over all of them.
    let changes = by_updated.map(changes).unwrap_or_default();
    let id = users.id();
    let id_type = match users {
        Users::Table { table, .. } | Users::ConvexAuth { table } => {
            format!("Id<{}>", string(table))
        }
        Users::Subject => "string".to_owned(),
    };
    include_str!("credentials.ts")
        .replace("/*imports*/", &(imports + &record))
        .replace("/*together*/", &together(users, moves))
        .replace("/*who*/", &who(users))
        .replace("/*update*/", &update(history))
        .replace("/*create*/", create)
        .replace("/*noted disconnect*/", disconnected)
        .replace("/*rotation*/", &rotation(moves))
        .replace("/*changes*/", &changes)
        .replace("/*caller*/", &users.caller())
        .replace("/*find*/", &find)
        .replace("/*read*/", read)
        .replace("/*moving type*/", moving_type)
        .replace("/*moving*/", moving)
        .replace("/*id type*/", &id_type)
        .replace("/*id*/", &id)
}

/// The function that says which records have changed, by that index.
pub(super) fn changes(index: &str) -> String {
    let range = with_index(index, "q.gte(\"updatedAt\", since)").replace('\n', "\n  ");
    CHANGES.replace("/*updated*/", &range)
}
