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
export const USERS_TABLES: ReadonlySet<string> = new Set(["messages"]);

/** Fields and arguments that may hold who calls. */
// prettier-ignore
export const OWNER_FIELDS: ReadonlySet<string> = new Set(["userId"]);

/** Internal actions to which who calls travels along. */
// prettier-ignore
export const TAKE_CALLER: ReadonlySet<string> = new Set(["generation:run"]);

// prettier-ignore
export const ON_MAIN: ReadonlySet<string> = new Set([
  "byod/credentials:disconnect",
  "byod/credentials:getConfig",
  "byod/credentials:whoAmI",
  "generation:run",
  "preferences:set",
  "stats:answered",
  "stats:ran",
]);

// prettier-ignore
export const ON_USERS: Record<string, OnUsers> = {
  "chat:list": { kind: "query", give: { userId: "subject" }, copies: true },
  "chat:send": {
    kind: "mutation",
    give: { idempotencyKey: "idempotency-key", userId: "subject" },
    copies: true,
    leaves: true,
  },
  "chat:stop": {
    kind: "mutation",
    give: { idempotencyKey: "idempotency-key", userId: "subject" },
    copies: true,
  },
  "streaming:append": {
    kind: "mutation",
    give: { idempotencyKey: "idempotency-key", userId: "subject" },
  },
  "streaming:finish": {
    kind: "mutation",
    give: { idempotencyKey: "idempotency-key", userId: "subject" },
    leaves: true,
  },
  "streaming:start": {
    kind: "mutation",
    give: { idempotencyKey: "idempotency-key", userId: "subject" },
    copies: true,
  },
  "byod/search:vectors": { kind: "action", give: { userId: "subject" } },
  "byod/files:uploadUrl": { kind: "mutation", give: { userId: "subject" } },
  "byod/files:url": { kind: "query", give: { userId: "subject" } },
  "byod/files:remove": { kind: "mutation", give: { userId: "subject" } },
};

/** What runs nowhere for them, and why. */
// prettier-ignore
export const REFUSED: Record<string, string> = {};
