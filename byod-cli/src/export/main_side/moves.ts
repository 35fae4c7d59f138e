// Written by `byod export --main`.

import { v, type Infer } from "convex/values";
import {
  internalMutation,
  internalQuery,
  type DatabaseReader,
  type MutationCtx,
} from "../_generated/server";
/*history*/

// How far a user's data is on its way to their own deployment, or back. One process sees
// to it at a time: whoever holds it says so again and again, and where nobody has for a
// while, another goes on. All that is written here is compared with what the writer has
// seen, in the same transaction.

/** In these nobody writes what is on its way. */
const FROZEN = ["freeze", "copy", "references", "verify"];

/** In these the other side doesn't answer yet, so it can be called off. */
const BEFORE = ["check", ...FROZEN];

const moved_ = v.object({
  id: v.string(),
  subject: v.string(),
  direction: v.union(v.literal("in"), v.literal("out")),
  phase: v.string(),
  keepFor: v.union(v.number(), v.null()),
  table: v.union(v.string(), v.null()),
  cursor: v.union(v.string(), v.null()),
  done: v.number(),
  total: v.number(),
  holder: v.string(),
  begun: v.number(),
  /** How long ago, by main's clock, in milliseconds. */
  frozen: v.union(v.number(), v.null()),
  switched: v.union(v.number(), v.null()),
  /** For how long somebody sees to it. */
  held: v.number(),
  report: v.string(),
});

function shown(row: any): Infer<typeof moved_> {
  const now = Date.now();
  const ago = (at?: number) => (at === undefined ? null : now - at);
  const { _id, frozen, switched, until } = row;
  return {
    id: _id,
    subject: row.subject,
    direction: row.direction,
    phase: row.phase,
    keepFor: row.keepFor,
    table: row.table,
    cursor: row.cursor,
    done: row.done,
    total: row.total,
    holder: row.holder,
    begun: row.begun,
    frozen: ago(frozen),
    switched: ago(switched),
    held: Math.max(0, until - now),
    report: row.report,
  };
}

/** The user's move, if there is one. */
export const get = internalQuery({
  args: { user: /*id*/ },
  returns: v.union(moved_, v.null()),
  handler: async (ctx, { user }) => {
    const row = await moveOf(ctx.db, user);
    return row === null ? null : shown(row);
  },
});

/** Some of those that aren't over, for whoever goes on with what was left. */
export const open = internalQuery({
  args: { phase: v.string(), count: v.number() },
  returns: v.array(v.object({ user: /*id*/, move: moved_ })),
  handler: async (ctx, { phase, count }) => {
    const rows = await ctx.db
      .query("byodMoves")
      .withIndex("by_phase", (q) => q.eq("phase", phase))
      .take(count);
    return rows.map((row) => ({ user: row.user, move: shown(row) }));
  },
});

/** Begins one, unless there is one: that is what is given then. */
export const begin = internalMutation({
  args: {
    user: /*id*/,
    subject: v.string(),
    direction: v.union(v.literal("in"), v.literal("out")),
    keepFor: v.union(v.number(), v.null()),
    /** The record's status, where it may be no other. */
    expected: v.optional(v.string()),
    holder: v.string(),
    lease: v.number(),
  },
  returns: v.union(moved_, v.string()),
  handler: async (ctx, { user, subject, direction, keepFor, ...by }) => {
    const present = await moveOf(ctx.db, user);
    if (present !== null) return shown(present);
    const record = await recordOf(ctx.db, user);
    if (record === null) return "there is no record of a deployment";
    const before = record.connectionStatus;
    if (before === "error") return "the deployment fails";
    if (direction === "out" && before === "pending")
      return "no deployment was connected";
    if (by.expected !== undefined && before !== by.expected)
      return `the deployment's status is "${before}" by now`;
    // So that it shows if they disconnect meanwhile.
    const isBack = direction === "in" && before === "disconnected";
    const was = isBack ? "pending" : before;
    if (isBack) await ctx.db.patch(record._id, { connectionStatus: was });
    const id = await ctx.db.insert("byodMoves", {
      user,
      subject,
      direction,
      phase: "check",
      before,
      was,
      authTags: record.authTags,
      keepFor,
      table: null,
      cursor: null,
      done: 0,
      total: 0,
      holder: by.holder,
      until: Date.now() + by.lease,
      begun: Date.now(),
      report: "{}",
    });
    await told(ctx, record);
    return shown(await ctx.db.get(id));
  },
});

/** Sees to it from now on, where nobody else does; what there is of it either way. */
export const take = internalMutation({
  args: { user: /*id*/, holder: v.string(), lease: v.number() },
  returns: v.union(moved_, v.null()),
  handler: async (ctx, { user, holder, lease }) => {
    const row = await moveOf(ctx.db, user);
    if (row === null) return null;
    if (row.holder !== holder && row.until > Date.now()) return shown(row);
    const until = Date.now() + lease;
    await ctx.db.patch(row._id, { holder, until });
    return shown({ ...row, holder, until });
  },
});

/** Says how far it is, and that it is seen to; false where somebody else does. */
export const step = internalMutation({
  args: {
    user: /*id*/,
    id: v.string(),
    holder: v.string(),
    lease: v.number(),
    /** In which phase it is. */
    phase: v.string(),
    /** Which comes now. */
    next: v.optional(v.string()),
    table: v.union(v.string(), v.null()),
    cursor: v.union(v.string(), v.null()),
    done: v.number(),
    total: v.number(),
    report: v.string(),
  },
  returns: v.boolean(),
  handler: async (ctx, { user, id, holder, lease, phase, next, ...at }) => {
    const row = await moveOf(ctx.db, user);
    if (row === null || row._id !== id) return false;
    if (row.holder !== holder || row.phase !== phase) return false;
    const record = await recordOf(ctx.db, user);
    // Somebody has connected, disconnected or blocked them meanwhile.
    if (BEFORE.includes(phase) && !isAsBefore(record, row)) {
      await ctx.db.patch(row._id, { phase: "cancel", holder: "", until: 0 });
      if (record !== null) await told(ctx, record);
      return false;
    }
    const until = Date.now() + lease;
    await ctx.db.patch(row._id, { ...at, until });
    if (next === undefined || next === phase) return true;
    if (record === null) return false;
    await ctx.db.patch(row._id, { phase: next });
    if (next === "freeze") await ctx.db.patch(row._id, { frozen: Date.now() });
    if (BEFORE.includes(phase) && next === "tidy") {
      // From this transaction on the other side answers.
      const connectionStatus =
        row.direction === "in" ? "connected" : "disconnected";
      await ctx.db.patch(row._id, { switched: Date.now() });
      await ctx.db.patch(record._id, { connectionStatus });
/*moved*/    }
    await told(ctx, record);
    return true;
  },
});

/** Lets whoever asks for it go on at once. */
export const release = internalMutation({
  args: { user: /*id*/, id: v.string(), holder: v.string() },
  returns: v.null(),
  handler: async (ctx, { user, id, holder }) => {
    const row = await moveOf(ctx.db, user);
    if (row !== null && row._id === id && row.holder === holder)
      await ctx.db.patch(row._id, { until: 0 });
    return null;
  },
});

/** Calls it off, if the other side doesn't answer yet. */
export const cancel = internalMutation({
  args: { user: /*id*/ },
  returns: v.union(moved_, v.null()),
  handler: async (ctx, { user }) => {
    const row = await moveOf(ctx.db, user);
    if (row === null) return null;
    if (!BEFORE.includes(row.phase)) return shown(row);
    // Whoever sees to it finds that it is another's.
    const over = { phase: "cancel", holder: "", until: 0, cursor: null };
    await ctx.db.patch(row._id, over);
    return shown({ ...row, ...over });
  },
});

/** Ends it: nothing of it is left. */
export const end = internalMutation({
  args: { user: /*id*/, id: v.string(), holder: v.string() },
  returns: v.boolean(),
  handler: async (ctx, { user, id, holder }) => {
    const row = await moveOf(ctx.db, user);
    if (row === null || row._id !== id || row.holder !== holder) return false;
    if (BEFORE.includes(row.phase)) return false;
    await ctx.db.delete(row._id);
    const record = await recordOf(ctx.db, user);
    if (record === null) return true;
    if (row.phase === "cancel" && isAsBefore(record, row))
      await ctx.db.patch(record._id, { connectionStatus: row.before as any });
    await told(ctx, record);
    return true;
  },
});

/** Whether nobody has changed since it began where the user's data is. */
const isAsBefore = (record: any, row: any) =>
  record?.connectionStatus === row.was && record.authTags === row.authTags;

/** How far a user's data is on its way, as they are shown it. */
export const moving = v.object({
  direction: v.union(v.literal("in"), v.literal("out")),
  phase: v.string(),
  /** Whether what they write is refused until it is over. */
  frozen: v.boolean(),
  table: v.union(v.string(), v.null()),
  done: v.number(),
  total: v.number(),
});

/** How far the user's data is on its way, if it is. */
export async function movingOf(
  db: DatabaseReader,
  user: any,
): Promise<Infer<typeof moving> | undefined> {
  const row = await moveOf(db, user);
  if (row === null) return undefined;
  const { direction, phase, table, done, total } = row;
  const frozen = FROZEN.includes(phase);
  return { direction, phase, frozen, table, done, total };
}

/** The record, with that. */
export async function withMove(
  db: DatabaseReader,
  user: any,
  record: any,
): Promise<any> {
  const move = record === null ? undefined : await movingOf(db, user);
  return move === undefined ? record : { ...record, move };
}

/** The record is read again by all who have it. */
async function told(ctx: MutationCtx, record: any) {
  const updatedAt = Math.max(Date.now(), record.updatedAt + 1);
  await ctx.db.patch(record._id, { updatedAt });
}

async function moveOf(db: DatabaseReader, user: any) {
  return await db
    .query("byodMoves")
    .withIndex("by_user", (q) => q.eq("user", user))
    .unique();
}

async function recordOf(db: DatabaseReader, userId: any): Promise<any> {
  return await db
    .query("userDatabaseConfig")
    /*find*/
    .unique();
}
