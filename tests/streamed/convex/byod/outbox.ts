// Written by `byod export --main`.

import { makeFunctionReference } from "convex/server";
import { jsonToConvex, v } from "convex/values";
import { internalMutation, type MutationCtx } from "../_generated/server";
import { canTell, telling } from "./caller";
import { bumpStats as helper0 } from "../lib/stats";

// What functions on users' deployments leave to be done here. Whoever owns such a
// deployment can write any row into it, so a row is a stranger's word: nothing is done
// but what a function of this app would do for that user, as its text shows. Which
// tables, functions and helpers those are, and what of their values the text says, is
// written below. Everything that is a user's id is the caller's own, other ids are of
// documents of theirs, and what the schema doesn't take is refused.

/** Does what the rows say, in their order: each once, whatever becomes of it. */
export const apply = internalMutation({
  args: {
    user: v.id("users"),
    /** Left out where it isn't known: it is the one of before, then. */
    subject: v.optional(v.string()),
    epoch: v.string(),
    rows: v.array(v.object({ seq: v.number(), row: v.string() })),
  },
  returns: v.object({
    /** Up to which number all is done. */
    seq: v.number(),
    applied: v.number(),
    refused: v.array(v.object({ seq: v.number(), reason: v.string() })),
  }),
  handler: async (ctx, { user, subject: told, epoch, rows }) => {
    if (epoch.length > 100) throw new Error("This is no outbox of byod's");
    // Rows stay where they are until there is one.
    if (!(await canTell()))
      throw new Error(
        "Main has no BYOD_ENCRYPTION_KEY, so actions can't be told who calls",
      );
    const states = await ctx.db
      .query("byodApplied")
      .withIndex("by_user", (q) => q.eq("user", user))
      .order("desc")
      .collect();
    const subject = told ?? states[0]?.subject;
    if (subject === undefined)
      throw new Error("Nothing is known of this user: give `subject`");
    const state = states.find((state) => state.epoch === epoch);
    const refused = [];
    let seq = state?.seq ?? 0;
    let applied = 0;
    for (const { seq: at, row } of rows) {
      if (!(at > seq)) continue;
      seq = at;
      try {
        await ctx.runMutation(ONE, { user, subject, epoch, row });
        applied += 1;
      } catch (error) {
        const reason = reasonOf(error);
        refused.push({ seq: at, reason });
        await keep(ctx, { user, epoch, seq: at, row, reason });
      }
    }
    if (state !== undefined) await ctx.db.patch(state._id, { seq, subject });
    else await ctx.db.insert("byodApplied", { user, subject, epoch, seq });
    // Of deployments that the user had before.
    for (const old of states.slice(MOST_EPOCHS)) await ctx.db.delete(old._id);
    return { seq, applied, refused };
  },
});

/** Keeps what was refused; of each user the newest, for they may send any number. */
async function keep(ctx: MutationCtx, refused: any) {
  const kept = await ctx.db
    .query("byodRefused")
    .withIndex("by_user", (q) => q.eq("user", refused.user))
    .take(MOST_REFUSED);
  if (kept.length === MOST_REFUSED) await ctx.db.delete(kept[0]!._id);
  const row = refused.row.slice(0, LONGEST);
  await ctx.db.insert("byodRefused", { ...refused, row });
}

const MOST_REFUSED = 100;
const LONGEST = 20_000;

/** Of how many deployments of a user it is known what is done. */
const MOST_EPOCHS = 8;

/** Does what one row says, or nothing at all. */
export const one = internalMutation({
  args: {
    user: v.id("users"),
    subject: v.string(),
    epoch: v.string(),
    row: v.string(),
  },
  returns: v.null(),
  handler: async (ctx, { user, subject, epoch, row }) => {
    const who = { user: user as string, subject };
    const it = JSON.parse(row);
    switch (it?.is) {
      case "insert":
        await insert(ctx, who, text(it.table), it.value);
        break;
      case "patch":
      case "replace":
      case "delete":
        await change(ctx, who, it);
        break;
      case "call":
        await call(ctx, who, epoch, it);
        break;
      case "cancel":
        await cancel(ctx, who, epoch, text(it.job));
        break;
      case "help":
        await help(ctx, who, text(it.helper), it.args);
        break;
      default:
        throw refuse("It says nothing that is done here");
    }
    return null;
  },
});

const ONE: any = makeFunctionReference<"mutation">("byod/outbox:one");

/** Who calls: their id here, and what they are called on their own deployment. */
interface Who {
  user: string;
  subject: string;
}

type Json = any;

/** What of a value the text of a function says. */
type Written =
  /** All of it. */
  | { is: Json }
  /** The fields that it may have. */
  | { fields: Record<string, Written> }
  | { items: Written[] }
  /** The caller's id. */
  | { caller: true }
  /** Nothing: it is computed. */
  | "any";

/** What a table, or the arguments of a function, take. */
type Validator = any;

interface Table {
  /** The field by which a document says whose it is. */
  owner?: string;
  takes: Validator;
  insert?: Written[];
  patch?: Written[];
  replace?: Written[];
  delete?: true;
}

interface Call {
  takes: Validator;
  args: Written[];
  /** It is an action that asks for what its caller has, and is told who that is. */
  tells?: true;
}

// prettier-ignore
const TABLES: Record<string, Table> = {};

// prettier-ignore
const CALLS: Record<string, Call> = {
  "generation:run": {"takes":{"type":"object","value":{"answerId":{"fieldType":{"type":"string"},"optional":false},"userId":{"fieldType":{"type":"id","tableName":"users"},"optional":false},"model":{"fieldType":{"type":"string"},"optional":false},"prompt":{"fieldType":{"type":"string"},"optional":false}}},"args":[{"fields":{"answerId":"any","model":"any","prompt":"any","userId":{"caller":true}}}],"tells":true},
  "stats:answered": {"takes":{"type":"object","value":{"userId":{"fieldType":{"type":"id","tableName":"users"},"optional":false},"words":{"fieldType":{"type":"number"},"optional":false}}},"args":[{"fields":{"userId":"any","words":"any"}}]},
};

/** Helpers, with what they are given behind their context. */
// prettier-ignore
const HELPERS: Record<string, { run: (ctx: any, ...args: any[]) => Promise<any>; args: Written[][] }> = {
  "lib/stats:bumpStats": { run: helper0, args: [[{"caller":true},{"fields":{"messages":{"is":1.0}}}]] },
};

/** The tables whose ids say who is signed up. */
// prettier-ignore
const CALLERS: string[] = ["users"];

/** Arguments that say who calls. */
// prettier-ignore
const SUBJECTS: string[] = ["userId"];

/** By which field documents of other tables say whose they are. */
// prettier-ignore
const OWNERS: Record<string, string> = {
  "users": "_id",
  "userPreferences": "userId",
  "userStats": "userId",
  "runs": "userId",
};

async function insert(ctx: MutationCtx, who: Who, name: string, value: Json) {
  const table = known(TABLES, name);
  const written = table?.insert;
  if (!written?.some((written) => fits(written, value, who)))
    throw refuse(`No function inserts such a document into \`${name}\``);
  const doc = await taken(ctx, who, table!.takes, value, name);
  checkOwner(who, table!, doc);
  await ctx.db.insert(name as any, doc);
}

async function change(ctx: MutationCtx, who: Who, it: Json) {
  const name = text(it.table);
  const table = known(TABLES, name);
  const is: "patch" | "replace" | "delete" = it.is;
  const any: any = ctx.db;
  const isCaller = CALLERS.includes(name) && isTheirs(who, it.id);
  const id = ctx.db.normalizeId(name as any, isCaller ? who.user : text(it.id));
  const allowed: Written[] | true | undefined = table?.[is];
  if (id === null || table?.owner === undefined || allowed === undefined)
    throw refuse(`No function does this (${is}) to documents of \`${name}\``);
  const doc: any = await ctx.db.get(id);
  if (doc === null || !isTheirs(who, doc[table.owner]))
    throw refuse(`There is no such document of the user in \`${name}\``);
  if (allowed === true) return await any.delete(id);
  const unset: string[] = is === "patch" ? (it.unset ?? []).map(text) : [];
  const given = {
    ...it.value,
    ...Object.fromEntries(unset.map((field) => [field, null])),
  };
  const isWritten = (written: Written) =>
    fits(written, it.value, who) &&
    typeof written === "object" &&
    "fields" in written &&
    Object.keys(given).every((field) => Object.hasOwn(written.fields, field));
  if (!allowed.some(isWritten))
    throw refuse(`No function writes such a value into \`${name}\``);
  const value = await taken(
    ctx,
    who,
    table.takes,
    it.value,
    name,
    is === "patch",
  );
  const removed = Object.fromEntries(unset.map((field) => [field, undefined]));
  const changed = is === "patch" ? { ...doc, ...value, ...removed } : value;
  if (table.owner !== "_id") checkOwner(who, table, changed);
  await any[is](id, is === "patch" ? { ...value, ...removed } : value);
}

async function call(ctx: MutationCtx, who: Who, epoch: string, it: Json) {
  const path = text(it.path);
  const known_ = known(CALLS, path);
  if (!known_?.args.some((written) => fits(written, it.args, who)))
    throw refuse(`No function schedules \`${path}\` so`);
  for (const name of SUBJECTS)
    if (Object.hasOwn(it.args, name) && !isTheirs(who, it.args[name]))
      throw refuse(`\`${name}\` of \`${path}\` names somebody else`);
  const args = await taken(ctx, who, known_!.takes, it.args, path);
  const at = Math.max(Date.now(), typeof it.at === "number" ? it.at : 0);
  const reference: any = makeFunctionReference<"mutation">(path);
  const given = known_!.tells ? await telling(who, args) : args;
  const job = await ctx.scheduler.runAt(at, reference, given);
  await ctx.db.insert("byodJobs", {
    user: who.user as any,
    key: `${epoch} ${text(it.job)}`,
    job,
    at,
  });
  // By now they have run.
  const old = await ctx.db
    .query("byodJobs")
    .withIndex("by_at", (q) => q.lt("at", Date.now() - KEPT_FOR))
    .take(4);
  for (const { _id } of old) await ctx.db.delete(_id);
}

/** How long after its time a job is remembered, in milliseconds. */
const KEPT_FOR = 7 * 24 * 60 * 60 * 1000;

async function cancel(ctx: MutationCtx, who: Who, epoch: string, job: string) {
  const found = await ctx.db
    .query("byodJobs")
    .withIndex("by_user_key", (q) =>
      q.eq("user", who.user as any).eq("key", `${epoch} ${job}`),
    )
    .unique();
  if (found === null) return;
  await ctx.scheduler.cancel(found.job);
  await ctx.db.delete(found._id);
}

async function help(ctx: MutationCtx, who: Who, name: string, given: Json) {
  const helper = known(HELPERS, name);
  const isSo = (args: Written[]) =>
    Array.isArray(given) &&
    given.length === args.length &&
    args.every((written, place) => fits(written, given[place], who, true));
  const args = helper?.args.find(isSo);
  if (args === undefined) throw refuse(`No function calls \`${name}\` so`);
  const values = given.map((value: Json, place: number) =>
    callers(args[place]!, value, who),
  );
  await helper!.run(ctx, ...values);
}

/** What the helper is given: ids of the caller as they are here. */
function callers(written: Written, value: Json, who: Who): any {
  if (written !== "any" && "caller" in written) return who.user;
  return value === null && written === "any" ? undefined : jsonToConvex(value);
}

/** Whether the value is one that the text may stand for. */
function fits(
  written: Written,
  value: Json,
  who: Who,
  isPlain = false,
): boolean {
  if (written === "any") return !isPlain || plain(value);
  if ("caller" in written) return isTheirs(who, value);
  if ("is" in written) return same(written.is, value);
  if ("items" in written) {
    const { items } = written;
    return (
      Array.isArray(value) &&
      value.length === items.length &&
      items.every((of, place) => fits(of, value[place], who, isPlain))
    );
  }
  const { fields } = written;
  const isObject =
    typeof value === "object" && value !== null && !Array.isArray(value);
  return (
    isObject &&
    Object.keys(value).every((name) => Object.hasOwn(fields, name)) &&
    Object.entries(fields).every(([name, of]) =>
      Object.hasOwn(value, name)
        ? fits(of, value[name], who, isPlain)
        : of === "any" || "caller" in of,
    )
  );
}

/** A value that hides no fields, or a list of such. */
function plain(value: Json): boolean {
  const isPlain = (value: Json) => value === null || typeof value !== "object";
  return isPlain(value) || (Array.isArray(value) && value.every(isPlain));
}

function same(one: Json, other: Json): boolean {
  if (typeof one !== "object" || one === null) return one === other;
  if (typeof other !== "object" || other === null) return false;
  const names = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === Object.keys(other).length &&
    names.every(
      (name) => Object.hasOwn(other, name) && same(one[name], other[name]),
    )
  );
}

/** The value as the validator takes it, the caller's ids as they are here. */
async function taken(
  ctx: MutationCtx,
  who: Who,
  validator: Validator,
  value: Json,
  at: string,
  isPart = false,
): Promise<any> {
  const wrong = () => refuse(`\`${at}\` doesn't take what is given`);
  const all = async (values: Json[], of: Validator) => {
    const found = [];
    for (const value of values)
      found.push(await taken(ctx, who, of, value, at));
    return found;
  };
  const has = (is: boolean) => {
    if (!is) throw wrong();
    return jsonToConvex(value);
  };
  switch (validator.type) {
    case "id":
      return await idOf(ctx, who, validator.tableName, value, at);
    case "null":
      return has(value === null);
    case "string":
      return has(typeof value === "string");
    case "boolean":
      return has(typeof value === "boolean");
    case "number":
      return has(
        typeof value === "number" || Object.hasOwn(value ?? {}, "$float"),
      );
    case "bigint":
      return has(Object.hasOwn(value ?? {}, "$integer"));
    case "bytes":
      return has(Object.hasOwn(value ?? {}, "$bytes"));
    case "any":
      return jsonToConvex(value);
    case "literal":
      return has(same(validator.value, value));
    case "array":
      if (!Array.isArray(value)) throw wrong();
      return await all(value, validator.value);
    case "union":
      for (const member of validator.value) {
        try {
          return await taken(ctx, who, member, value, at, isPart);
        } catch {
          continue;
        }
      }
      throw wrong();
    case "record": {
      if (typeof value !== "object" || value === null) throw wrong();
      const keys = await all(Object.keys(value), validator.keys);
      const values = await all(
        Object.values(value),
        validator.values.fieldType,
      );
      return Object.fromEntries(keys.map((key, place) => [key, values[place]]));
    }
    case "object": {
      if (typeof value !== "object" || value === null) throw wrong();
      const found: [string, any][] = [];
      for (const [name, of] of Object.entries<any>(validator.value)) {
        const below = `${at}.${name}`;
        if (Object.hasOwn(value, name))
          found.push([
            name,
            await taken(ctx, who, of.fieldType, value[name], below),
          ]);
        else if (!of.optional && !isPart)
          throw refuse(`\`${below}\` is missing`);
      }
      if (
        !Object.keys(value).every((name) =>
          Object.hasOwn(validator.value, name),
        )
      )
        throw wrong();
      return Object.fromEntries(found);
    }
    default:
      throw wrong();
  }
}

/** The caller's own id, or that of a document of theirs. */
async function idOf(
  ctx: MutationCtx,
  who: Who,
  table: string,
  id: Json,
  at: string,
) {
  if (typeof id !== "string") throw refuse(`\`${at}\` is no id`);
  if (CALLERS.includes(table)) {
    if (isTheirs(who, id)) return who.user;
    throw refuse(`\`${at}\` names somebody else`);
  }
  const owner = known(OWNERS, table);
  const found =
    owner === undefined ? null : ctx.db.normalizeId(table as any, id);
  const doc: any = found === null ? null : await ctx.db.get(found);
  if (doc !== null && isTheirs(who, doc[owner!])) return found;
  throw refuse(`\`${at}\` is the id of no document of the user`);
}

function isTheirs({ user, subject }: Who, named: unknown): boolean {
  return named === user || named === subject;
}

function checkOwner(who: Who, { owner }: Table, doc: any) {
  if (owner !== undefined && !isTheirs(who, doc[owner]))
    throw refuse(`\`${owner}\` doesn't name the user`);
}

/** What is there under that name, and not what every object has. */
function known<T>(all: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

function text(value: Json): string {
  if (typeof value !== "string") throw refuse("It isn't written as rows are");
  return value;
}

class Refused extends Error {}

function refuse(reason: string) {
  return new Refused(reason);
}

/** Why a row was refused, in a bounded text. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return said.slice(0, 500);
}
