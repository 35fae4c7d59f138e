// Written by `byod export`.

import {
  ConvexError,
  convexToJson,
  v,
  type Value,
} from "convex/values";
import {
  internalMutation,
  internalQuery,
  type DatabaseReader,
} from "../_generated/server";
import type { Doc } from "../_generated/dataModel";
import { check } from "./claim";

// Copies of the caller's own documents of main's tables, to be read alone. The
// service brings them here and keeps them current. Here as there, a document has
// main's id; who calls is named by their subject, as in all that is theirs here.

/** What there is of a table of main's. */
interface Copied {
  /** The field that says whose a document is; `_id` where it is the user themself. */
  owner: string;
  /** What is brought here. */
  fields: string[];
  /** What main has beside that, and no function here is seen to read. */
  unread: string[];
  /** What never leaves main. */
  never: string[];
}

const COPIED: Record<string, Copied> = {/*copied*/};

/** The tables of which there are copies. */
type Table = never /*tables*/;

/** What a database has beside its own then: main's ids are texts here. */
export interface Copies {
  get<T extends Table>(table: T, id: string): Promise<Doc<T> | null>;
  get(id: string): Promise<any>;
}

/** Copies that were made for other fields are made anew. */
const SHAPE = JSON.stringify(COPIED);

/** What was brought here of one user. */
interface State {
  /** The user's id on main. */
  user: string;
  /** Tables of which the user has too many documents. */
  missing: string[];
}

/** The database, with the copies of main's tables beside what it has. */
export function withCopies<Db extends object>(
  inner: Db,
  db: DatabaseReader,
  owner: string,
): Db & Copies {
  const owned: any = inner;
  let known: Promise<State> | undefined;
  const state = () => (known ??= stateOf(db, owner));
  const get = async (first: any, second?: any) => {
    if (second !== undefined) {
      return isCopied(first)
        ? await find(db, first, second, owner, await state())
        : await owned.get(first, second);
    }
    const found = await owned.get(first);
    if (found !== null) return found;
    for (const table of Object.keys(COPIED)) {
      const copy = await copyOf(db, table, first, owner);
      if (copy !== null) return presented(table, copy);
    }
    return null;
  };
  const query = (table: string) =>
    isCopied(table) ? queryOf(db, table, owner, state) : owned.query(table);
  return {
    ...owned,
    get,
    query,
    normalizeId: (table: any, id: string) =>
      isCopied(table) ? id : owned.normalizeId(table, id),
    table: (table: string) =>
      isCopied(table)
        ? { get: (id: any) => get(table, id), query: () => query(table) }
        : owned.table(table),
  };
}

function isCopied(table: unknown): table is string {
  return typeof table === "string" && Object.hasOwn(COPIED, table);
}

async function rowOf(db: DatabaseReader, owner: string): Promise<any> {
  const all: any = db.query("byodMirror" as any);
  return await all.withIndex("by_owner", (q: any) => q.eq("owner", owner)).unique();
}

async function stateOf(db: DatabaseReader, owner: string): Promise<State> {
  const row = await rowOf(db, owner);
  if (row !== null && row.shape === SHAPE) return row;
  throw failed("main's documents have not been brought here yet: the service does that");
}

function failed(message: string) {
  return new ConvexError({ code: "byod_mirror", message });
}

async function copyOf(
  db: DatabaseReader,
  table: string,
  id: unknown,
  owner: string,
): Promise<any> {
  if (typeof id !== "string") throw new Error("The id of a document is a text");
  const all: any = db.query(table as any);
  return await all
    .withIndex("byodId", (q: any) => q.eq("byodOwner", owner).eq("byodId", id))
    .unique();
}

/** The copy with main's id, if it is one of the caller's own documents. */
async function find(
  db: DatabaseReader,
  table: string,
  id: unknown,
  owner: string,
  state: State,
) {
  checkThere(table, state);
  const isUsers = COPIED[table].owner === "_id";
  const copy = await copyOf(db, table, id === state.user ? owner : id, owner);
  if (copy !== null) return presented(table, copy);
  if (isUsers && id !== owner && id !== state.user) throw others(table);
  return null;
}

function checkThere(table: string, state: State) {
  if (!state.missing.includes(table)) return;
  throw failed(`the user has more documents of \`${table}\` than are mirrored`);
}

function others(table: string) {
  return failed(
    `of main's table \`${table}\` only the caller's own documents are here: say whose are asked for`,
  );
}

/** The document as main has it, as far as it was brought here. */
function presented(table: string, copy: any): any {
  const { fields, unread, never } = COPIED[table];
  const doc: any = { _id: copy.byodId, _creationTime: copy.byodCreated };
  for (const field of fields) {
    if (Object.hasOwn(copy, field)) doc[field] = copy[field];
  }
  const refuse = (field: string, enumerable: boolean, why: string) =>
    Object.defineProperty(doc, field, {
      enumerable,
      configurable: true,
      get: () => {
        throw failed(`\`${field}\` of main's table \`${table}\` ${why}`);
      },
    });
  // Nothing is silently missing: what is read after all, is an error.
  const unseen = "isn't seen to be read here, so it is not mirrored";
  for (const field of unread) refuse(field, true, unseen);
  for (const field of never) refuse(field, false, "never leaves main");
  return doc;
}

interface Asked {
  index?: [name: string, range?: (q: any) => any];
  order?: "asc" | "desc";
  filters: ((q: any) => any)[];
}

/** A query of the caller's copies; an error where it doesn't ask for theirs alone. */
function queryOf(
  db: DatabaseReader,
  table: string,
  owner: string,
  state: () => Promise<State>,
) {
  const isUsers = COPIED[table].owner === "_id";
  const asking = (asked: Asked): any => {
    const run = async (): Promise<any> => {
      const known = await state();
      checkThere(table, known);
      if (isUsers) return await themself(db, table, owner, known, asked);
      return built(db, table, owner, known, asked);
    };
    const each = (doc: any) => (doc === null ? null : presented(table, doc));
    const collect = async () => (await (await run()).collect()).map(each);
    return {
      withIndex: (...index: [string, any?]) => asking({ ...asked, index }),
      fullTableScan: () => asking(asked),
      order: (order: "asc" | "desc") => asking({ ...asked, order }),
      filter: (filter: any) =>
        asking({ ...asked, filters: [...asked.filters, filter] }),
      collect,
      take: async (n: number) => (await (await run()).take(n)).map(each),
      first: async () => each(await (await run()).first()),
      unique: async () => each(await (await run()).unique()),
      count: async () => (await collect()).length,
      paginate: async (options: any) => {
        const found = await (await run()).paginate(options);
        return { ...found, page: found.page.map(each) };
      },
      [Symbol.asyncIterator]: async function* () {
        for (const doc of await collect()) yield doc;
      },
    };
  };
  return asking({ filters: [] });
}

/** Convex's query of the copies. */
function built(
  db: DatabaseReader,
  table: string,
  owner: string,
  state: State,
  { index, order, filters }: Asked,
): any {
  const field = COPIED[table].owner;
  const isMe = (value: unknown) => value === owner || value === state.user;
  let isOwn = false;
  const ranged = (q: any): any => {
    const compared = (method: string) => (name: string, value: any) => {
      if (name.startsWith("_")) {
        throw failed(`\`${name}\` can't be compared in an index of \`${table}\` here: filter by it`);
      }
      const isOwner = method === "eq" && name === field && isMe(value);
      isOwn ||= isOwner;
      return ranged({ built: q.built[method](name, isOwner ? owner : value) });
    };
    const methods = ["eq", "gt", "gte", "lt", "lte"];
    const all = methods.map((method) => [method, compared(method)]);
    return { ...Object.fromEntries(all), built: q.built };
  };
  const all: any = db.query(table as any);
  let query =
    index === undefined
      ? all.withIndex("byodOwner", (q: any) => q.eq("byodOwner", owner))
      : all.withIndex(index[0], (q: any) =>
          index[1] === undefined ? q : index[1](ranged({ built: q })).built,
        );
  if (order !== undefined) query = query.order(order);
  for (const filter of filters) {
    query = query.filter((q: any) => {
      const narrowing = new Set<unknown>();
      const names = new Map<unknown, string>();
      const own: Record<string, string> = {
        _id: "byodId",
        _creationTime: "byodCreated",
      };
      const wrapped = {
        ...Object.fromEntries(
          ["neq", "lt", "lte", "gt", "gte", "add", "sub", "mul", "div", "mod", "neg", "or", "not"].map(
            (name) => [name, (...given: any[]) => q[name](...given)],
          ),
        ),
        field: (name: string) => {
          const made = q.field(own[name] ?? name);
          names.set(made, name);
          return made;
        },
        eq: (a: any, b: any) => {
          const isOwner = (of: any, by: any) => names.get(of) === field && isMe(by);
          const asks = isOwner(a, b) || isOwner(b, a);
          const mine = (part: any) => (asks && isMe(part) ? owner : part);
          const made = q.eq(mine(a), mine(b));
          if (asks) narrowing.add(made);
          return made;
        },
        and: (...given: any[]) => {
          const made = q.and(...given);
          if (given.some((part) => narrowing.has(part))) narrowing.add(made);
          return made;
        },
      };
      const made = filter(wrapped);
      isOwn ||= narrowing.has(made);
      return made;
    });
  }
  if (!isOwn) throw others(table);
  return query;
}

/** The caller's own document, where the query says that it is theirs by who calls. */
async function themself(
  db: DatabaseReader,
  table: string,
  owner: string,
  state: State,
  { index, filters }: Asked,
): Promise<any> {
  const compared: [string, unknown][] = [];
  const eq = (name: any, value: unknown) => {
    compared.push([name.field ?? name, value]);
    return recorder;
  };
  const refuse = () => {
    throw others(table);
  };
  const asked: any = {
    eq,
    and: () => recorder,
    field: (field: string) => ({ field }),
  };
  const recorder: any = new Proxy(asked, {
    get: (_, name) => asked[name] ?? refuse,
  });
  index?.[1]?.(recorder);
  for (const filter of filters) filter(recorder);
  const isMe = (value: unknown) => value === owner || value === state.user;
  if (!compared.some(([, value]) => isMe(value))) throw others(table);
  const copy = await copyOf(db, table, owner, owner);
  const meets = ([name, value]: [string, unknown]) =>
    isMe(value) || text(copy[name]) === text(value);
  const found = copy !== null && compared.every(meets) ? [copy] : [];
  return {
    collect: async () => found,
    take: async (n: number) => found.slice(0, n),
    first: async () => found[0] ?? null,
    unique: async () => found[0] ?? null,
    paginate: async () => ({ page: found, isDone: true, continueCursor: "" }),
  };
}

function text(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return JSON.stringify(convexToJson(value as Value), (_, part) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort())
      : part,
  );
}

/** What was brought here last, and when main said so. */
export const state = internalQuery({
  args: { subject: v.string() },
  returns: v.union(v.null(), v.object({ at: v.number(), digest: v.string() })),
  handler: async (ctx, { subject }) => {
    await check(ctx.db, subject);
    const row = await rowOf(ctx.db, subject);
    if (row === null || row.shape !== SHAPE) return null;
    return { at: row.at, digest: row.digest };
  },
});

/** Replaces what differs of the user's copies; all of it or nothing. */
export const write = internalMutation({
  args: {
    subject: v.string(),
    user: v.string(),
    /** When main was asked, by its clock. */
    at: v.number(),
    /** Of all that it gave. */
    digest: v.string(),
    tables: v.record(
      v.string(),
      v.object({
        fields: v.array(v.string()),
        documents: v.array(v.any()),
        tooMany: v.boolean(),
      }),
    ),
  },
  returns: v.union(
    v.literal("written"),
    v.literal("unchanged"),
    v.literal("older"),
  ),
  handler: async (ctx, { subject, user, at, digest, tables }) => {
    await check(ctx.db, subject);
    const db: any = ctx.db;
    const row = await rowOf(ctx.db, subject);
    // What another process has asked later stands.
    if (row !== null && row.shape === SHAPE && row.at > at) return "older";
    if (row !== null && row.shape === SHAPE && row.digest === digest) {
      await db.patch(row._id, { at });
      return "unchanged";
    }
    const missing: string[] = [];
    for (const [table, { fields }] of Object.entries(COPIED)) {
      const given = Object.hasOwn(tables, table) ? tables[table] : undefined;
      const lacking = fields.find((field) => !given?.fields.includes(field));
      if (given === undefined || lacking !== undefined) {
        const what = lacking === undefined ? `\`${table}\`` : `\`${table}.${lacking}\``;
        throw failed(`main doesn't send ${what}: run \`byod export --main\`, and deploy main`);
      }
      if (given.tooMany) missing.push(table);
      const documents = given.tooMany ? [] : given.documents;
      await replace(db, table, subject, documents);
    }
    const next = { owner: subject, user, at, digest, shape: SHAPE, missing };
    if (row === null) await db.insert("byodMirror", next);
    else await db.replace(row._id, next);
    return "written";
  },
});

async function replace(db: any, table: string, owner: string, documents: any[]) {
  const copies = await db
    .query(table)
    .withIndex("byodOwner", (q: any) => q.eq("byodOwner", owner))
    .collect();
  const old = new Map<string, any>(copies.map((copy: any) => [copy.byodId, copy]));
  // In main's order, which is that of a query without another.
  for (const doc of [...documents].sort((a, b) => a._creationTime - b._creationTime)) {
    const fields = COPIED[table].fields.filter((field) => Object.hasOwn(doc, field));
    const next: any = {
      ...Object.fromEntries(fields.map((field) => [field, doc[field]])),
      byodOwner: owner,
      byodId: doc._id,
      byodCreated: doc._creationTime,
    };
    const known = old.get(doc._id);
    old.delete(doc._id);
    if (known === undefined) {
      await db.insert(table, next);
      continue;
    }
    const { _id, _creationTime, ...before } = known;
    if (text(before) !== text(next)) await db.replace(_id, next);
  }
  for (const { _id } of old.values()) await db.delete(_id);
}
