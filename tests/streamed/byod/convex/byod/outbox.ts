// Written by `byod export`.

import { makeFunctionReference } from "convex/server";
import { ConvexError, convexToJson, v, type Value } from "convex/values";
import {
  internalMutation,
  internalQuery,
  type DatabaseReader,
  type MutationCtx,
} from "../_generated/server";
import { check } from "./claim";
import type { Order } from "./order";
import { SUBJECTS } from "./tables";

// What a function here does on main, it leaves as a row, in its own transaction: so it
// is left if the function ends well, and only then. The service takes the rows to main,
// which does what they say, in their order, each once; then they go.

/** How many rows are taken at once, and how much of their text. */
const MOST_ROWS = 100;
const MOST_TEXT = 400_000;

/** The longest row: what is longer can't be taken. */
const LONGEST = 300_000;

/** What a function's context has for main. */
export function onMain(ctx: MutationCtx, owner: string, order: Order) {
  const leave = (row: Row) => order.write(() => put(ctx, owner, row));
  const runAt = (at: number, path: string, args: any = {}) =>
    order.write(async () => {
      // It stands for main's own job: its id is one of this deployment.
      const job = await ctx.scheduler.runAt(at, DUE, whose(owner));
      await put(ctx, owner, { is: "call", path, args: textOf(args), at, job });
      return job;
    });
  return {
    insert: (table: string, value: any) =>
      leave({ is: "insert", table, value: textOf(value) }),
    patch: (table: string, id: string, value: any) => {
      const unset = Object.keys(value).filter(
        (name) => value[name] === undefined,
      );
      return leave({ is: "patch", table, id, value: textOf(value), unset });
    },
    replace: (table: string, id: string, value: any) =>
      leave({ is: "replace", table, id, value: textOf(value) }),
    delete: (table: string, id: string) => leave({ is: "delete", table, id }),
    help: (helper: string, args: any[]) =>
      leave({ is: "help", helper, args: args.map(textOf) }),
    runAfter: (ms: number, path: string, args?: any) =>
      runAt(Date.now() + ms, path, args),
    runAt: (at: number | Date, path: string, args?: any) =>
      runAt(Number(at), path, args),
  };
}

/** Cancels main's job as well, where this one only stands for it. */
export async function cancelled(ctx: MutationCtx, owner: string, id: any) {
  const job = await ctx.db.system.get(id);
  const name: unknown = (job as any)?.name;
  if (typeof name === "string" && /^byod\/outbox(\.js)?:due$/.test(name)) {
    await put(ctx, owner, { is: "cancel", job: id });
  }
}

/** Does nothing: it stands for what main does then. */
export const due = internalMutation(async () => null);

/** By which a job is known to be the owner's. */
const whose = (owner: string) =>
  Object.fromEntries(SUBJECTS.map((name) => [name, owner]));

const DUE: any = makeFunctionReference<"mutation">("byod/outbox:due");

/** What is to be done on main. */
type Row =
  | { is: "insert"; table: string; value: Json }
  | { is: "patch"; table: string; id: string; value: Json; unset: string[] }
  | { is: "replace"; table: string; id: string; value: Json }
  | { is: "delete"; table: string; id: string }
  | { is: "help"; helper: string; args: Json[] }
  | { is: "call"; path: string; args: Json; at: number; job: string }
  | { is: "cancel"; job: string };

type Json = ReturnType<typeof convexToJson> | null;

/** Whose rows: by their subject, or by their id on main where that is all one has. */
const who = { subject: v.optional(v.string()), user: v.optional(v.string()) };

/** The first rows, and what tells them from those of any other deployment. */
export const rows = internalQuery({
  args: who,
  returns: v.object({
    epoch: v.string(),
    rows: v.array(v.object({ seq: v.number(), row: v.string() })),
    more: v.boolean(),
  }),
  handler: async (ctx, asked) => {
    const owner = await ownerOf(ctx.db, asked);
    const state = owner === null ? null : await stateOf(ctx.db, owner);
    if (state === null) return { epoch: "", rows: [], more: false };
    const rows = [];
    let text = 0;
    for await (const { seq, row } of rowsOf(ctx.db, state.owner)) {
      if (
        rows.length === MOST_ROWS ||
        (text > 0 && text + row.length > MOST_TEXT)
      )
        return { epoch: state._id as string, rows, more: true };
      rows.push({ seq, row });
      text += row.length;
    }
    return { epoch: state._id as string, rows, more: false };
  },
});

/** Removes the rows up to the one of that number, which main has done. */
export const done = internalMutation({
  args: { ...who, epoch: v.string(), seq: v.number() },
  returns: v.null(),
  handler: async (ctx, { epoch, seq, ...asked }) => {
    const owner = await ownerOf(ctx.db, asked);
    const state = owner === null ? null : await stateOf(ctx.db, owner);
    if (state === null || state._id !== epoch) return null;
    const done = await rowsOf(ctx.db, state.owner).take(2 * MOST_ROWS);
    for (const row of done) if (row.seq <= seq) await ctx.db.delete(row._id);
    return null;
  },
});

async function ownerOf(
  db: DatabaseReader,
  { subject, user }: { subject?: string; user?: string },
): Promise<string | null> {
  if ((subject === undefined) === (user === undefined))
    throw new Error("Give either `subject` or `user`");
  if (subject !== undefined) {
    await check(db, subject);
    return subject;
  }
  const claims = await db.query("byodOwner").take(2);
  const isTheirs = claims.length === 1 && claims[0]!.user === user;
  return isTheirs ? claims[0]!.subject : null;
}

async function stateOf(db: DatabaseReader, owner: string) {
  return await db
    .query("byodOutboxState")
    .withIndex("by_owner", (q) => q.eq("owner", owner))
    .unique();
}

function rowsOf(db: DatabaseReader, owner: string) {
  return db
    .query("byodOutbox")
    .withIndex("by_owner_seq", (q) => q.eq("owner", owner));
}

async function put(ctx: MutationCtx, owner: string, row: Row) {
  const text = JSON.stringify(row);
  if (text.length > LONGEST) {
    const message = "What is to be done on main is too long";
    throw new ConvexError({ code: "byod_outbox", message });
  }
  const state = await stateOf(ctx.db, owner);
  const seq = state?.next ?? 1;
  if (state === null) {
    await ctx.db.insert("byodOutboxState", { owner, next: seq + 1 });
  } else {
    await ctx.db.patch(state._id, { next: seq + 1 });
  }
  await ctx.db.insert("byodOutbox", { owner, seq, row: text });
}

/** As JSON can hold it; what is undefined is left out. */
function textOf(value: any): Json {
  return value === undefined ? null : convexToJson(value as Value);
}
