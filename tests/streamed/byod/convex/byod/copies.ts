// Written by `byod export`.

import { ConvexError, convexToJson, type Value } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { DatabaseReader } from "../_generated/server";

// Copies of main's documents, to be read alone: of the caller's own, and of all of tables
// that are nobody's. The service brings them here and keeps them current. Here as there,
// a document has main's id; who calls is named by their subject, as in all that is theirs
// here.

/** What there is of a table of main's. */
interface Copied {
  /** The field that says whose a document is; `_id` where it is the user themself, and
   *  null where all documents are everybody's. */
  owner: string | null;
  /** What is brought here. */
  fields: string[];
  /** What main has beside that, and no function here is seen to read. */
  unread: string[];
  /** What never leaves main. */
  never: string[];
}

export const COPIED: Record<string, Copied> = {
  users: {
    owner: "_id",
    fields: ["subject"],
    unread: [],
    never: [],
  },
  userPreferences: {
    owner: "userId",
    fields: ["model", "tone", "userId"],
    unread: [],
    never: [],
  },
};

/** The tables of which there are copies. */
type Table = "users" | "userPreferences";

/** What a database has beside its own then: main's ids are texts here. */
export interface Copies {
  get<T extends Table>(table: T, id: string): Promise<Doc<T> | null>;
  get(id: string): Promise<any>;
}

/** Copies that were made for other fields are made anew. */
export const SHAPE = JSON.stringify(COPIED);

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

/** The caller's own document, as builders of main's add it to the context. */
export async function themself<T extends Table>(
  db: DatabaseReader,
  table: T,
  owner: string,
): Promise<Doc<T>> {
  const copy = await copyOf(db, table, owner, owner);
  if (copy !== null) return presented(table, copy);
  const doc: any = { _id: owner };
  const { fields, unread, never } = COPIED[table];
  for (const field of [...fields, ...unread, ...never]) {
    refuse(doc, table, field, "has not been brought here yet");
  }
  return doc;
}

function isCopied(table: unknown): table is string {
  return typeof table === "string" && Object.hasOwn(COPIED, table);
}

/** What was brought here of one user, with when and for what. */
export async function rowOf(db: DatabaseReader, owner: string): Promise<any> {
  const all: any = db.query("byodMirror" as any);
  return await all
    .withIndex("by_owner", (q: any) => q.eq("owner", owner))
    .unique();
}

async function stateOf(db: DatabaseReader, owner: string): Promise<State> {
  const row = await rowOf(db, owner);
  if (row !== null && row.shape === SHAPE) return row;
  throw failed(
    "main's documents have not been brought here yet: the service does that",
  );
}

export function failed(message: string) {
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
  const whose = COPIED[table].owner === null ? "there is" : "the user has";
  throw failed(
    `${whose} more of main's table \`${table}\` than is mirrored: 1,000 documents or 1 MiB`,
  );
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
  // Nothing is silently missing: what is read after all, is an error.
  const unseen = "isn't seen to be read here, so it is not mirrored";
  for (const field of unread) refuse(doc, table, field, unseen, true);
  for (const field of never) refuse(doc, table, field, "never leaves main");
  return doc;
}

/** An error for whoever reads the field. */
function refuse(
  doc: any,
  table: string,
  field: string,
  why: string,
  enumerable = false,
) {
  const get = () => {
    throw failed(`\`${field}\` of main's table \`${table}\` ${why}`);
  };
  Object.defineProperty(doc, field, { enumerable, configurable: true, get });
}

interface Asked {
  index?: [name: string, range?: (q: any) => any];
  order?: "asc" | "desc";
  filters: ((q: any) => any)[];
}

/** A query of the caller's copies; of what is somebody's, an error where it doesn't ask for
 *  theirs alone. */
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
      if (isUsers) return await ownOf(db, table, owner, known, asked);
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
        throw failed(
          `\`${name}\` can't be compared in an index of \`${table}\` here: filter by it`,
        );
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
      const asked: any = {
        field: (name: string) => {
          const made = q.field(own[name] ?? name);
          names.set(made, name);
          return made;
        },
        eq: (a: any, b: any) => {
          const isOwner = (of: any, by: any) =>
            names.get(of) === field && isMe(by);
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
      const wrapped = new Proxy(asked, {
        get: (_, name: string) =>
          asked[name] ?? ((...given: any[]) => q[name](...given)),
      });
      const made = filter(wrapped);
      isOwn ||= narrowing.has(made);
      return made;
    });
  }
  if (isOwn) return query;
  // Who shares the deployment has copies of their own of what is everybody's.
  const own = (q: any) => q.eq(q.field("byodOwner"), owner);
  if (field === null) return index === undefined ? query : query.filter(own);
  const isAsked = index?.[1] !== undefined || filters.length > 0;
  return perhapsOwn(query, table, owner, isAsked);
}

/** One document that is asked for without saying whose, as by a token: the caller's own,
 *  or an error, for main may have another's. */
function perhapsOwn(
  query: any,
  table: string,
  owner: string,
  isAsked: boolean,
) {
  const refuse = async () => {
    throw others(table);
  };
  const one = (how: "first" | "unique") => async () => {
    const own = query.filter((q: any) => q.eq(q.field("byodOwner"), owner));
    const found = isAsked ? await own[how]() : null;
    return found ?? (await refuse());
  };
  return {
    collect: refuse,
    take: refuse,
    paginate: refuse,
    first: one("first"),
    unique: one("unique"),
  };
}

/** The caller's own document, where the query says that it is theirs by who calls. */
async function ownOf(
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

/** The same for values that are the same. */
export function text(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return JSON.stringify(convexToJson(value as Value), (_, part) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort())
      : part,
  );
}
