//! Which record is the caller's.

use super::users::Users;

/// `byod/routing.ts`: which record is the caller's, as this app finds its users.
pub(super) fn routing(users: &Users<'_>) -> String {
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
