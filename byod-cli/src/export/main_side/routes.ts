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
export const USERS_TABLES: ReadonlySet<string> = new Set(/*users tables*/);

/** Fields and arguments that may hold who calls. */
// prettier-ignore
export const OWNER_FIELDS: ReadonlySet<string> = new Set(/*owner fields*/);

/** Internal actions to which who calls travels along. */
// prettier-ignore
export const TAKE_CALLER: ReadonlySet<string> = new Set(/*take caller*/);

// prettier-ignore
export const ON_MAIN: ReadonlySet<string> = new Set(/*on main*/);

// prettier-ignore
export const ON_USERS: Record<string, OnUsers> = {/*on users*/};

/** What runs nowhere for them, and why. */
// prettier-ignore
export const REFUSED: Record<string, string> = {/*refused*/};
