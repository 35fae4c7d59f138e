// Written by `byod export --main`.

// Where functions run for users who have connected a deployment. `byod export` writes
// it anew, and `byod check` says where it is out of date.

/** What a function takes on users' deployments that its caller doesn't give. */
export interface OnUsers {
  kind: "query" | "mutation" | "action";
  give: Record<string, "subject" | "now" | "idempotency-key">;
  /** It reads copies of what main has of its caller. */
  copies?: true;
  /** It may leave something to be done on main. */
  leaves?: true;
}

// prettier-ignore
export const USERS_TABLES: ReadonlySet<string> = new Set([
  "boxes",
  "comments",
  "folders",
  "lids",
  "notes",
]);

/** Fields and arguments that may hold who calls. */
// prettier-ignore
export const OWNER_FIELDS: ReadonlySet<string> = new Set([
  "sharedBy",
  "templateId",
  "user",
  "userId",
]);

/** Internal actions to which who calls travels along. */
// prettier-ignore
export const TAKE_CALLER: ReadonlySet<string> = new Set([]);

// prettier-ignore
export const ON_MAIN: ReadonlySet<string> = new Set([
  "byod/credentials:disconnect",
  "byod/credentials:getConfig",
  "byod/credentials:whoAmI",
  "imports:folder",
  "imports:titles",
]);

// prettier-ignore
export const ON_USERS: Record<string, OnUsers> = {
  "folders:create": { kind: "mutation", give: { userId: "subject" } },
  "notes:create": { kind: "mutation", give: { userId: "subject" } },
  "notes:list": { kind: "query", give: { userId: "subject" } },
  "byod/search:vectors": { kind: "action", give: { userId: "subject" } },
  "byod/files:uploadUrl": { kind: "mutation", give: { userId: "subject" } },
  "byod/files:url": { kind: "query", give: { userId: "subject" } },
  "byod/files:remove": { kind: "mutation", give: { userId: "subject" } },
};

/** What runs nowhere for them, and why. */
// prettier-ignore
export const REFUSED: Record<string, string> = {};
