// Written by `byod export --main`.

import { v, type Infer } from "convex/values";
import {
  internalMutation,
  internalQuery,
  type DatabaseReader,
  type MutationCtx,
} from "../_generated/server";
import { moved } from "./history";

// How far a user's data is on its way to their own deployment, or back. One process sees
// to it at a time: whoever holds it says so again and again, and where nobody has for a
// while, another goes on. All that is written here is compared with what the writer has
// seen, in the same transaction.

/** In these nobody writes what is on its way. */
const FROZEN = ["freeze", "copy", "references", "verify"];

/** In these the other side doesn't answer yet, so it can be called off. */
const BEFORE = ["check", ...FROZEN];

/** When what could not be deleted, though it was due, is looked at again. */
const AGAIN = 3_600_000;

const moved_ = v.object({
  id: v.string(),
  subject: v.string(),
  direction: v.union(v.literal("in"), v.literal("out")),
  phase: v.string(),
  keepFor: v.union(v.number(), v.null()),
  /** Which credentials the record had when it began. */
  authTags: v.string(),
  /** Which status it had: again, where it is called off. */
  before: v.string(),
  table: v.union(v.string(), v.null()),
  done: v.number(),
  total: v.number(),
  holder: v.string(),
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
  const { _id, frozen, switched, holder, until } = row;
  return {
    id: _id,
    subject: row.subject,
    direction: row.direction,
    phase: row.phase,
    keepFor: row.keepFor,
    authTags: row.authTags,
    before: row.before,
    table: row.table,
    done: row.done,
    total: row.total,
    holder,
    frozen: ago(frozen),
    switched: ago(switched),
    held: holder === "" ? 0 : Math.max(0, until - now),
    report: row.report,
  };
}

/** How often who looks on is told how far it is, in milliseconds. */
const TELLING = 1_000;

/** The user's move, if there is one. */
export const get = internalQuery({
  args: { user: v.id("users") },
  returns: v.union(moved_, v.null()),
  handler: async (ctx, { user }) => {
    const row = await moveOf(ctx.db, user);
    return row === null ? null : shown(row);
  },
});

/** Some of those that nobody sees to, those first that have waited longest. */
export const open = internalQuery({
  args: { phase: v.string(), count: v.number() },
  returns: v.array(v.object({ user: v.id("users"), move: moved_ })),
  handler: async (ctx, { phase, count }) => {
    const rows = await ctx.db
      .query("byodMoves")
      .withIndex("by_phase", (q) =>
        q.eq("phase", phase).lte("until", Date.now()),
      )
      // What stays for good, or isn't due: of those, main has not always known when somebody is to look at them.
      .filter((q) =>
        q.or(
          q.neq(q.field("phase"), "tidy"),
          q.and(
            q.neq(q.field("keepFor"), null),
            q.lte(
              q.add(q.field("switched") as any, q.field("keepFor") as any),
              Date.now(),
            ),
          ),
        ),
      )
      .take(count);
    return rows.map((row) => ({ user: row.user, move: shown(row) }));
  },
});

/** Begins one, unless there is one: that is what is given then, or begins again. */
export const begin = internalMutation({
  args: {
    user: v.id("users"),
    subject: v.string(),
    direction: v.union(v.literal("in"), v.literal("out")),
    keepFor: v.union(v.number(), v.null()),
    /** The record's status, where it may be no other. */
    expected: v.optional(v.string()),
    /** One that is over, which the holder sees to, with what is to be known of it: what it has brought is. */
    again: v.optional(v.object({ id: v.string(), report: v.string() })),
    holder: v.string(),
    lease: v.number(),
  },
  returns: v.union(moved_, v.string()),
  handler: async (ctx, { user, subject, direction, keepFor, again, ...by }) => {
    const present = await currentOf(ctx, user);
    const isAgain =
      again !== undefined &&
      present?._id === again.id &&
      present.phase === "tidy" &&
      present.holder === by.holder &&
      present.subject === subject;
    if (present !== null && !isAgain) return shown(present);
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
    const row = {
      user,
      subject,
      direction,
      phase: "check",
      before,
      was,
      authTags: record.authTags,
      keepFor,
      table: null,
      done: 0,
      total: 0,
      holder: by.holder,
      until: Date.now() + by.lease,
      report: isAgain ? again.report : "{}",
    };
    const id = present?._id ?? (await ctx.db.insert("byodMoves", row));
    if (isAgain) await ctx.db.replace(id, row);
    await told(ctx, record);
    return shown(await ctx.db.get(id));
  },
});

/** Sees to it from now on, where nobody else does; what there is of it either way. */
export const take = internalMutation({
  args: { user: v.id("users"), holder: v.string(), lease: v.number() },
  returns: v.union(moved_, v.null()),
  handler: async (ctx, { user, holder, lease }) => {
    const row = await currentOf(ctx, user);
    if (row === null) return null;
    const isFree = row.holder === "" || row.until <= Date.now();
    if (row.holder !== holder && !isFree) return shown(row);
    const until = Date.now() + lease;
    await ctx.db.patch(row._id, { holder, until });
    return shown({ ...row, holder, until });
  },
});

/** Says how far it is, and that it is seen to; false where somebody else does. */
export const step = internalMutation({
  args: {
    user: v.id("users"),
    id: v.string(),
    holder: v.string(),
    lease: v.number(),
    /** In which phase it is. */
    phase: v.string(),
    /** Which comes now. */
    next: v.optional(v.string()),
    table: v.union(v.string(), v.null()),
    /** Services say it that are older. */
    cursor: v.optional(v.null()),
    done: v.number(),
    total: v.number(),
    report: v.string(),
  },
  returns: v.boolean(),
  handler: async (ctx, { user, id, holder, lease, phase, next, ...said }) => {
    const { cursor: _, ...at } = said;
    const row = await moveOf(ctx.db, user);
    if (row === null || row._id !== id) return false;
    if (row.holder !== holder || row.phase !== phase) return false;
    const record = await recordOf(ctx.db, user);
    if (isOff(record, row)) {
      await callOff(ctx, record, row);
      return false;
    }
    const until = Date.now() + lease;
    await ctx.db.patch(row._id, { ...at, until });
    if (next === undefined || next === phase) {
      const isDue = record?.updatedAt + TELLING <= Date.now();
      // Afterwards nobody waits for it, and who connects would find another record each time.
      if (isDue && BEFORE.includes(phase)) await told(ctx, record);
      return true;
    }
    if (record === null) return false;
    await ctx.db.patch(row._id, { phase: next });
    if (next === "freeze") await ctx.db.patch(row._id, { frozen: Date.now() });
    if (BEFORE.includes(phase) && next === "tidy") {
      // From this transaction on the other side answers.
      const connectionStatus =
        row.direction === "in" ? "connected" : "disconnected";
      await ctx.db.patch(row._id, { switched: Date.now() });
      await ctx.db.patch(record._id, { connectionStatus });
      await moved(ctx, record, row.direction);
    }
    await told(ctx, record);
    return true;
  },
});

/** Lets whoever asks for it go on at once. */
export const release = internalMutation({
  args: { user: v.id("users"), id: v.string(), holder: v.string() },
  returns: v.null(),
  handler: async (ctx, { user, id, holder }) => {
    const row = await moveOf(ctx.db, user);
    if (row !== null && row._id === id && row.holder === holder)
      await ctx.db.patch(row._id, { holder: "", until: lookAt(row) });
    return null;
  },
});

/** Calls it off, if the other side doesn't answer yet. */
export const cancel = internalMutation({
  args: { user: v.id("users") },
  returns: v.union(moved_, v.null()),
  handler: async (ctx, { user }) => {
    const row = await moveOf(ctx.db, user);
    if (row === null) return null;
    if (!BEFORE.includes(row.phase)) return shown(row);
    return shown(await callOff(ctx, await recordOf(ctx.db, user), row));
  },
});

/** Ends it: nothing of it is left, or it is over as it was before it began again. */
export const end = internalMutation({
  args: {
    user: v.id("users"),
    id: v.string(),
    holder: v.string(),
    former: v.optional(
      v.object({
        direction: v.union(v.literal("in"), v.literal("out")),
        keepFor: v.union(v.number(), v.null()),
        report: v.string(),
      }),
    ),
  },
  returns: v.boolean(),
  handler: async (ctx, { user, id, holder, former }) => {
    const row = await moveOf(ctx.db, user);
    if (row === null || row._id !== id || row.holder !== holder) return false;
    if (BEFORE.includes(row.phase)) return false;
    if (former === undefined) await ctx.db.delete(row._id);
    else {
      const over = { ...former, phase: "tidy", switched: Date.now() };
      const until = lookAt({ ...row, ...over });
      await ctx.db.patch(row._id, { ...over, holder: "", until });
    }
    const record = await recordOf(ctx.db, user);
    if (record === null) return true;
    if (row.phase === "cancel" && isAsBefore(record, row))
      await ctx.db.patch(record._id, { connectionStatus: row.before as any });
    await told(ctx, record);
    return true;
  },
});

/** From when on somebody is to look at one that nobody sees to: never, where it stays for good. */
function lookAt(row: any): number {
  const now = Date.now();
  if (row.phase !== "tidy") return now;
  if (row.keepFor === null) return Number.MAX_SAFE_INTEGER;
  const due = (row.switched ?? now) + row.keepFor;
  return due > now ? due : now + AGAIN;
}

/** Whether nobody has changed since it began where the user's data is. */
const isAsBefore = (record: any, row: any) =>
  record?.connectionStatus === row.was && record.authTags === row.authTags;

/** Whether somebody has connected, disconnected or blocked them, who is heard before. */
const isOff = (record: any, row: any) =>
  BEFORE.includes(row.phase) && !isAsBefore(record, row);

/** Calls it off: whoever sees to it finds that it is nobody's. */
async function callOff(ctx: MutationCtx, record: any, row: any) {
  const over = { phase: "cancel", holder: "", until: 0 };
  await ctx.db.patch(row._id, over);
  if (record !== null) await told(ctx, record);
  return { ...row, ...over };
}

/** The user's move; called off, where it is by what has become of the record. */
async function currentOf(ctx: MutationCtx, user: any): Promise<any> {
  const row = await moveOf(ctx.db, user);
  if (row === null) return null;
  const record = await recordOf(ctx.db, user);
  return isOff(record, row) ? await callOff(ctx, record, row) : row;
}

/** The record's credentials were sealed anew, and are the same: a move goes on. */
export async function resealed(
  ctx: MutationCtx,
  user: any,
  before: string,
  authTags: string,
) {
  const row = await moveOf(ctx.db, user);
  if (row?.authTags === before) await ctx.db.patch(row._id, { authTags });
}

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
  const { direction, table, done, total } = row;
  // It is, before whoever sees to it has noticed.
  const phase = isOff(await recordOf(db, user), row) ? "cancel" : row.phase;
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
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .unique();
}
