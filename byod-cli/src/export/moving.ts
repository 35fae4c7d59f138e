// Written by `/*command*/`.

import { makeFunctionReference } from "convex/server";
import {
  convexToJson,
  jsonToConvex,
  v,
  type Infer,
  type Value,
} from "convex/values";
import {
  internalAction,
  internalMutation,
  internalQuery,
  type DatabaseReader,
  type MutationCtx,
} from "../_generated/server";
/*imports*/
// How the service moves what a user has from main to their own deployment, or back. The
// same functions are on both sides: one gives documents, the other takes them, and keeps
// in `byodMoved` which of its own each has become. So whatever is sent again adds nothing.

/** Whether this is a deployment of users, not main. */
const IS_USERS: boolean = /*is users'*/;

/** The tables that move, in the order in which they do. */
// prettier-ignore
const TABLES: Record<string, Table> = {/*tables*/};

/** The tables whose ids say who is signed up. */
// prettier-ignore
const CALLERS: string[] = [/*callers*/];

/** The other tables of main, with the field that says whose a document is, if it is somebody's. */
// prettier-ignore
const OTHERS: Record<string, string | null> = {/*others*/};

interface Table {
  found: Found;
  /** Where a document says whose it is, and whether by an id. */
  owner: { field: string; isId: boolean }[];
  /** What holds when a document was made, where it holds nothing else. */
  created?: string;
  /** What main's table takes. */
  takes: Validator;
}

/** How a user's documents are found. */
type Found =
  /** All are theirs. */
  | { by: "all" }
  | { by: "owner"; index: string; field: string; isId: boolean }
  /** By a document of another of these tables, which is theirs. */
  | { by: "parent"; index: string; field: string; parents: string[] };

type Validator = any;

/** Whom it is about. */
const who = /*who*/;

interface Who {
  user: string;
  subject: string;
}

/** How many documents are read at once, and how much of their text is given. */
const MOST = 500;
const MOST_TEXT = 3_000_000;

/** What a note begins with of a document that goes without something. */
const WITHOUT = "without ";

/** How many notes are given of one page. */
const MOST_NOTES = 100;

/** How long a document may be to be what it was where a move is called off: it is kept as a text in another, of 1 MiB at most. */
const MOST_FORMER = 300_000;

/** How many others of its move one batch may refer to. */
const MOST_REFERENCES = 3000;

const row_ = v.object({
  old: v.string(),
  created: v.number(),
  hash: v.string(),
});

/** One document: its own fields as a text. */
const document_ = v.object({
  old: v.string(),
  created: v.number(),
  text: v.string(),
  hash: v.string(),
});

/** What a document is here and on the other side, and as what it was known on both. */
const pair_ = v.object({
  old: v.string(),
  new: v.string(),
  created: v.number(),
  hash: v.string(),
  written: v.string(),
});

/** What moves, as JSON: by it the service sees whether both sides go together. */
export const plan = internalQuery({
  args: {},
  returns: v.string(),
  handler: async () => JSON.stringify(TABLES),
});

/** Documents of one table, some at a time: which there are, and what tells their state. */
export const page = internalQuery({
  args: {
    ...who,
    table: v.string(),
    /** Where they are found by it, the document of another table. */
    parent: v.optional(v.string()),
    cursor: v.union(v.string(), v.null()),
    count: v.number(),
  },
  returns: v.object({
    rows: v.array(row_),
    bytes: v.number(),
    /** Null once there are no more. */
    cursor: v.union(v.string(), v.null()),
  }),
  handler: async (ctx, { table, parent, cursor, count, ...given }) => {
    const them = await asked(ctx.db, given);
    const { found } = tableOf(table);
    const db: any = ctx.db;
    let names = [null as string | null];
    if (found.by === "owner") names = found.isId ? [them.user] : namesOf(them);
    if (found.by === "parent") {
      if (parent === undefined) throw new Error("Give `parent`");
      if (!(await isTheirParent(ctx.db, found.parents, parent, them)))
        return { rows: [], bytes: 0, cursor: null };
      names = [parent];
    }
    const [at, from]: [number, string | null] =
      cursor === null ? [0, null] : JSON.parse(cursor);
    const name = names[at];
    const all =
      found.by === "all"
        ? db.query(table)
        : db
            .query(table)
            .withIndex(found.index, (q: any) => q.eq(found.field, name));
    const numItems = Math.min(count, MOST);
    const got = await all.paginate({ numItems, cursor: from });
    const rows = [];
    let bytes = 0;
    for (const doc of got.page) {
      if (!(await isTheirs(ctx.db, table, doc, them))) continue;
      const text = textOf(doc);
      bytes += text.length;
      const hash = await hashOf(text);
      rows.push({ old: doc._id, created: doc._creationTime, hash });
    }
    const next = got.isDone ? [at + 1, null] : [at, got.continueCursor];
    const isOver = next[0] === names.length;
    return { rows, bytes, cursor: isOver ? null : JSON.stringify(next) };
  },
});

/** The same of several parents, as far as they are few: `taken` says of how many. */
export const children = internalQuery({
  args: {
    ...who,
    table: v.string(),
    parents: v.array(v.string()),
    count: v.number(),
  },
  returns: v.object({
    rows: v.array(row_),
    bytes: v.number(),
    taken: v.number(),
  }),
  handler: async (ctx, { table, parents, count, ...given }) => {
    const them = await asked(ctx.db, given);
    const { found } = tableOf(table);
    if (found.by !== "parent") throw new Error(`\`${table}\` has no parents`);
    const db: any = ctx.db;
    const rows: Infer<typeof row_>[] = [];
    let bytes = 0;
    let taken = 0;
    for (const parent of parents) {
      const left: number = Math.min(count, MOST) - rows.length;
      const has = await isTheirParent(ctx.db, found.parents, parent, them);
      const docs: any[] = has
        ? await db
            .query(table)
            .withIndex(found.index, (q: any) => q.eq(found.field, parent))
            .take(left + 1)
        : [];
      if (docs.length > left) break;
      for (const doc of docs) {
        if (!(await isTheirs(ctx.db, table, doc, them))) continue;
        const text = textOf(doc);
        bytes += text.length;
        const hash = await hashOf(text);
        rows.push({ old: doc._id, created: doc._creationTime, hash });
      }
      taken += 1;
      if (bytes > MOST_TEXT) break;
    }
    return { rows, bytes, taken };
  },
});

/** The documents with these ids as texts, and their files: as many as fit, from the first. */
export const documents = internalQuery({
  args: { ...who, table: v.string(), ids: v.array(v.string()) },
  returns: v.object({
    documents: v.array(document_),
    files: v.array(
      v.object({
        old: v.string(),
        url: v.string(),
        sha256: v.string(),
        size: v.number(),
      }),
    ),
    /** Of how many ids that is. */
    taken: v.number(),
  }),
  handler: async (ctx, { table, ids, ...given }) => {
    const them = await asked(ctx.db, given);
    const { takes } = tableOf(table);
    const db: any = ctx.db;
    const documents = [];
    const files = new Set<string>();
    let length = 0;
    let taken = 0;
    for (const id of ids.slice(0, MOST)) {
      const known = db.normalizeId(table, id);
      const doc = known === null ? null : await db.get(known);
      // Who asks has the ids from the other side, which may be a stranger's.
      if (doc !== null && (await isTheirs(ctx.db, table, doc, them))) {
        const text = textOf(doc);
        if (documents.length > 0 && length + text.length > MOST_TEXT) break;
        length += text.length;
        const { _id: old, _creationTime: created, ...rest } = doc;
        for (const file of filesOf(takes, rest)) files.add(file);
        documents.push({ old, created, text, hash: await hashOf(text) });
      }
      taken += 1;
    }
    const there = [];
    for (const old of files) {
      const known = db.system.normalizeId("_storage", old);
      const file = known === null ? null : await db.system.get(known);
      const url = file === null ? null : await ctx.storage.getUrl(known);
      if (url === null) continue;
      there.push({ old, url, sha256: file.sha256, size: file.size });
    }
    return { documents, files: there, taken };
  },
});

/** What would become of these documents on the other side; nothing is written. */
export const survey = internalQuery({
  args: {
    ...who,
    table: v.string(),
    ids: v.array(v.string()),
    /** Which stay, as far as that is known. */
    staying: v.array(v.string()),
    /** What the other side's table takes, as JSON, where that is something else. */
    takes: v.optional(v.string()),
  },
  returns: v.object({
    references: v.number(),
    files: v.array(v.object({ id: v.string(), size: v.number() })),
    /** Where the first of them is. */
    fileUrl: v.union(v.string(), v.null()),
    /** Which can't be there, and why. */
    stays: v.array(
      v.object({
        old: v.string(),
        reason: v.string(),
        /** Whether the other side's table takes no such document. */
        isMisfit: v.boolean(),
      }),
    ),
    /** What others go without. */
    without: v.array(v.string()),
    /** Of how many ids that is. */
    taken: v.number(),
  }),
  handler: async (ctx, { table, ids, staying, takes, ...given }) => {
    const them = await asked(ctx.db, given);
    const db: any = ctx.db;
    const there: Validator = takes === undefined ? null : JSON.parse(takes);
    const go: Surveying = {
      db,
      them,
      staying: new Set(staying),
      known: new Map(),
      files: new Map(),
      references: 0,
    };
    const stays = [];
    const without: string[] = [];
    let taken = 0;
    for (const id of ids.slice(0, MOST)) {
      if (taken > 0 && go.known.size > MOST_REFERENCES / 2) break;
      taken += 1;
      const known = db.normalizeId(table, id);
      const doc = known === null ? null : await db.get(known);
      if (doc === null || !(await isTheirs(ctx.db, table, doc, them))) continue;
      const { _id: old, _creationTime, ...rest } = doc;
      const walk = {
        lacks: [],
        named: 0,
        idOf: (of: string, id: string) => goes(go, of, id),
      };
      const value: any = await rewritten(walk, tableOf(table).takes, rest, "");
      const isMisfit =
        value !== MISSING && there !== null && !isOf(there, value);
      const reason = isMisfit
        ? "the other side's table takes no such document"
        : `it needs ${walk.lacks.join(", ")}`;
      if (isMisfit || value === MISSING) stays.push({ old, reason, isMisfit });
      else without.push(...walk.lacks);
    }
    const files = [...go.files].map(([id, size]) => ({ id, size }));
    const first = files[0]?.id as any;
    const fileUrl =
      first === undefined ? null : await ctx.storage.getUrl(first);
    const { references } = go;
    return { references, files, fileUrl, stays, without, taken };
  },
});

/** Notes what is to come: what is new, or another than what has come, is to be taken. */
export const list = internalMutation({
  args: {
    ...who,
    move: v.string(),
    table: v.string(),
    rows: v.array(row_),
    /** Which listing it is: each has a greater number than those before. What the last doesn't list is gone on the other side. */
    round: v.optional(v.number()),
    /** Whether the move begins again: what it has brought before may be another by now, on both sides. */
    again: v.optional(v.boolean()),
    /** Whether what names something that is gone here is to be written anew: that comes with another id. */
    anew: v.optional(v.boolean()),
  },
  returns: v.object({ added: v.number(), changed: v.number() }),
  handler: async (ctx, { move, table, rows, round, again, anew, ...given }) => {
    const them = await asked(ctx.db, given);
    tableOf(table);
    const told = round === undefined ? {} : { round };
    let added = 0;
    let changed = 0;
    for (const { old, created, hash } of rows) {
      const known = await rowOf(ctx.db, move, old);
      if (isLate(known, round)) continue;
      if (known === null) {
        const state = "listed";
        const is = { state, listed: hash, ...told };
        const next = { move, table, old, created, ...is };
        await ctx.db.insert("byodMoved", next);
        added += 1;
      } else if (again === true && isBrought(known)) {
        const how = { isSame: known.hash === hash, anew: anew === true };
        const over = await broughtAgain(ctx.db, known, how, them);
        await ctx.db.patch(known._id, { ...over, listed: hash, ...told });
        if (over.state === "listed") changed += 1;
      } else if (known.listed !== hash) {
        const state = "listed";
        await ctx.db.patch(known._id, { state, listed: hash, ...told });
        changed += 1;
      } else if (round !== undefined && known.round !== round) {
        await ctx.db.patch(known._id, { round });
      }
    }
    return { added, changed };
  },
});

/** Removes what has come of documents that the round didn't list. */
export const prune = internalMutation({
  args: {
    ...who,
    move: v.string(),
    table: v.string(),
    round: v.number(),
    cursor: v.union(v.string(), v.null()),
    count: v.optional(v.number()),
    /** Whether what has come stays, though it is gone on the other side. */
    stays: v.optional(v.boolean()),
  },
  returns: v.union(v.string(), v.null()),
  handler: async (
    ctx,
    { move, table, round, cursor, count, stays, ...given },
  ) => {
    const them = await asked(ctx.db, given);
    const got = await rowsOf(ctx.db, move, table).paginate({
      numItems: Math.min(count ?? MOST, MOST),
      cursor,
    });
    for (const row of got.page)
      // Another may have gone on, and listed it since.
      if (row.round === undefined || row.round < round) {
        // So does what was changed here, and what is somebody else's by now.
        const doc = stays === true ? null : await ofRow(ctx.db, row, them);
        const goes =
          doc !== null && (await hashOf(textOf(doc))) === row.written;
        if (!goes) await restored(ctx, move, row.old);
        await removed(ctx, row, goes);
      }
    return got.isDone ? null : got.continueCursor;
  },
});

/** What is in a state, in the order in which it was made. */
export const next = internalQuery({
  args: {
    ...who,
    move: v.string(),
    table: v.string(),
    /** Left out for all. */
    state: v.optional(v.string()),
    cursor: v.union(v.string(), v.null()),
    count: v.number(),
  },
  returns: v.object({
    rows: v.array(
      v.object({
        old: v.string(),
        hash: v.string(),
        note: v.union(v.string(), v.null()),
      }),
    ),
    cursor: v.union(v.string(), v.null()),
  }),
  handler: async (ctx, { move, table, state, cursor, count, ...given }) => {
    await asked(ctx.db, given);
    const those =
      state === undefined
        ? rowsOf(ctx.db, move, table)
        : ctx.db
            .query("byodMoved")
            .withIndex("by_state", (q) =>
              q.eq("move", move).eq("table", table).eq("state", state),
            );
    const numItems = Math.min(count, MOST);
    const got = await those.paginate({ numItems, cursor });
    const rows = got.page.map(({ old, hash, note }) => ({
      old,
      hash: hash ?? "",
      note: note ?? null,
    }));
    return { rows, cursor: got.isDone ? null : got.continueCursor };
  },
});

/** Takes documents: each becomes one here, or waits, or is kept where it is. */
export const write = internalMutation({
  args: {
    ...who,
    move: v.string(),
    table: v.string(),
    documents: v.array(document_),
    /** Whether nothing is waited for any more. */
    isFinal: v.boolean(),
    /**
     * How those are taken that can't be without each other: first with others' ids in the place
     * of theirs, then with their own as long as that leaves any out, then for good.
     */
    rings: v.optional(
      v.union(v.literal("bridge"), v.literal("close"), v.literal("settle")),
    ),
  },
  returns: v.object({
    /** Those that are here, whole. */
    done: v.number(),
    /** Those that lack what they refer to, as yet. */
    partial: v.number(),
    /** Those that can't be without what they refer to, as yet. */
    held: v.number(),
    kept: v.number(),
  }),
  handler: async (
    ctx,
    { move, table, documents, isFinal, rings, ...given },
  ) => {
    const them = await asked(ctx.db, given);
    const said = { done: 0, partial: 0, held: 0, kept: 0 };
    const known = new Map<string, any>();
    for (const { old, created, text, hash } of documents) {
      const row = await rowOf(ctx.db, move, old);
      // It is cancelled, or was never asked for.
      if (row === null || row.table !== table) continue;
      if ((await hashOf(text)) !== hash)
        throw new Error("What has come isn't what was sent");
      // Whatever is to be written anew is listed before: this is sent once more, or by who has stopped since.
      if (row.state === "done" || row.state === "kept") {
        said[row.state as "done" | "kept"] += 1;
        continue;
      }
      const go: Going = {
        ctx,
        them,
        move,
        isFinal,
        rings,
        known,
        waits: false,
        bridges: false,
        lacks: [],
        named: 0,
        idOf: (table, id) => idOf(go, table, id),
      };
      const state = await taken(go, row, { created, text, hash });
      said[state === "bridged" ? "partial" : state] += 1;
    }
    return said;
  },
});

/** Keeps a document where it is, for that reason. */
export const keep = internalMutation({
  args: { ...who, move: v.string(), old: v.string(), reason: v.string() },
  returns: v.null(),
  handler: async (ctx, { move, old, reason, ...given }) => {
    const them = await asked(ctx.db, given);
    const row = await rowOf(ctx.db, move, old);
    // What is here whole, nobody who knows of it keeps elsewhere.
    if (row === null || row.state === "done") return null;
    const note = reason.slice(0, 500);
    const over = await notHere(ctx, row, them);
    await ctx.db.patch(row._id, { ...over, state: "kept", note });
    return null;
  },
});

/** What there is of one table: by what both sides are compared. */
export const verify = internalQuery({
  args: {
    ...who,
    move: v.string(),
    table: v.string(),
    cursor: v.union(v.string(), v.null()),
    count: v.number(),
  },
  returns: v.object({
    /** Of the other side, whatever became of it. */
    hashes: v.array(v.string()),
    done: v.number(),
    kept: v.number(),
    /** What is not as it was written here, or not here. */
    wrong: v.array(v.string()),
    /** How many of those are not here, or somebody else's by now. */
    gone: v.number(),
    /** What others are without. */
    notes: v.array(v.object({ note: v.string(), times: v.number() })),
    cursor: v.union(v.string(), v.null()),
  }),
  handler: async (ctx, { move, table, cursor, count, ...given }) => {
    const them = await asked(ctx.db, given);
    const numItems = Math.min(count, MOST);
    const got = await rowsOf(ctx.db, move, table).paginate({
      numItems,
      cursor,
    });
    const wrong = [];
    const often = new Map<string, number>();
    let [done, kept, gone] = [0, 0, 0];
    for (const row of got.page) {
      if (row.state === "kept") kept += 1;
      else if (!(await isWritten(ctx.db, row))) {
        wrong.push(row.old);
        if ((await ofRow(ctx.db, row, them)) === null) gone += 1;
      } else {
        done += 1;
        const lacks = row.note?.startsWith(WITHOUT)
          ? row.note.slice(WITHOUT.length).split(", ")
          : [];
        for (const path of new Set(lacks))
          if (often.size < MOST_NOTES || often.has(path))
            often.set(path, (often.get(path) ?? 0) + 1);
      }
    }
    const notes = [...often].map(([path, times]) => ({
      note: `${WITHOUT}\`${path}\``,
      times,
    }));
    const hashes = got.page.map((row) => row.listed);
    const next = got.isDone ? null : got.continueCursor;
    return { hashes, done, kept, wrong, gone, notes, cursor: next };
  },
});

/** What has become of what, of a move that is over: for the side that it came from, if it goes back there. */
export const brought = internalQuery({
  args: {
    ...who,
    move: v.string(),
    table: v.string(),
    cursor: v.union(v.string(), v.null()),
    count: v.number(),
  },
  returns: v.object({
    rows: v.array(pair_),
    cursor: v.union(v.string(), v.null()),
  }),
  handler: async (ctx, { move, table, cursor, count, ...given }) => {
    await asked(ctx.db, given);
    const numItems = Math.min(count, MOST);
    const got = await rowsOf(ctx.db, move, table).paginate({
      numItems,
      cursor,
    });
    const rows = [];
    for (const row of got.page) {
      const { old, new: now, created, hash, written } = row;
      if (!now || !hash || !written) continue;
      rows.push({ old: now, new: old, created, hash: written, written: hash });
    }
    return { rows, cursor: got.isDone ? null : got.continueCursor };
  },
});

/** Notes what documents were here before they moved: they are theirs still, whatever the other side says. */
export const adopt = internalMutation({
  args: {
    ...who,
    move: v.string(),
    table: v.string(),
    rows: v.array(pair_),
  },
  /** How many are not here any more, or somebody else's. */
  returns: v.number(),
  handler: async (ctx, { move, table, rows, ...given }) => {
    const them = await asked(ctx.db, given);
    tableOf(table);
    const db: any = ctx.db;
    let gone = 0;
    for (const { old, new: here, created, hash, written } of rows) {
      const id = db.normalizeId(table, here);
      const doc = id === null ? null : await db.get(id);
      if (doc === null || !(await isTheirs(ctx.db, table, doc, them))) {
        gone += 1;
        continue;
      }
      const known = await rowOf(ctx.db, move, old);
      if (known?.new !== undefined) continue;
      if (known !== null) await ctx.db.delete(known._id);
      const state = { state: "done", listed: hash, hash, written, new: id };
      const row = { move, table, old, created, ...state, stays: true };
      await ctx.db.insert("byodMoved", row);
    }
    return gone;
  },
});

/** Has documents taken again, whatever has come of them. */
export const again = internalMutation({
  args: {
    ...who,
    move: v.string(),
    olds: v.array(v.string()),
    /** Which listing was the last of who asks. */
    round: v.optional(v.number()),
  },
  returns: v.null(),
  handler: async (ctx, { move, olds, round, ...given }) => {
    await asked(ctx.db, given);
    for (const old of olds) {
      const row = await rowOf(ctx.db, move, old);
      if (row === null || isLate(row, round)) continue;
      await ctx.db.patch(row._id, { state: "listed" });
    }
    return null;
  },
});

/** Removes what has come, some at a time; whether there is more. */
export const clear = internalMutation({
  args: { ...who, move: v.string(), count: v.number() },
  returns: v.boolean(),
  handler: async (ctx, { move, count, ...given }) => {
    await asked(ctx.db, given);
    const most = Math.min(count, MOST);
    // What was here before is what it was.
    const former = await allOf(ctx.db, formerOf(move)).take(most);
    for (const { old } of former) await restored(ctx, move, old);
    if (former.length > 0) return true;
    const rows = await allOf(ctx.db, move).take(most);
    for (const row of rows) await removed(ctx, row, row.stays !== true);
    return rows.length > 0;
  },
});

/** Forgets what has become of what, once nobody needs it; whether there is more. */
export const forget = internalMutation({
  args: { ...who, move: v.string(), count: v.number() },
  returns: v.boolean(),
  handler: async (ctx, { move, count, ...given }) => {
    await asked(ctx.db, given);
    const most = Math.min(count, MOST);
    const former = await allOf(ctx.db, formerOf(move)).take(most);
    const known = allOf(ctx.db, move).take(most - former.length);
    const rows = [...former, ...(await known)];
    for (const row of rows) await ctx.db.delete(row._id);
    return rows.length > 0;
  },
});

/** Deletes documents that are on the other side as they are here. */
export const remove = internalMutation({
  args: {
    ...who,
    table: v.string(),
    rows: v.array(v.object({ old: v.string(), hash: v.string() })),
  },
  /** How many are not as they are there, and stay. */
  returns: v.object({ changed: v.number() }),
  handler: async (ctx, { table, rows, ...given }) => {
    const them = await asked(ctx.db, given);
    tableOf(table);
    const db: any = ctx.db;
    let changed = 0;
    for (const { old, hash } of rows) {
      const id = db.normalizeId(table, old);
      const doc = id === null ? null : await db.get(id);
      if (doc === null) continue;
      const isSame =
        (await isTheirs(ctx.db, table, doc, them)) &&
        (await hashOf(textOf(doc))) === hash;
      if (isSame) await db.delete(id);
      else changed += 1;
    }
    return { changed };
  },
});

/** Which of these files have come. */
export const files = internalQuery({
  args: { ...who, move: v.string(), olds: v.array(v.string()) },
  returns: v.array(v.string()),
  handler: async (ctx, { move, olds, ...given }) => {
    await asked(ctx.db, given);
    const there = [];
    for (const old of olds) {
      const row = await rowOf(ctx.db, move, old);
      if (row !== null && (await isStored(ctx.db, row))) there.push(old);
    }
    return there;
  },
});

/**
 * Fetches a file from the other side; whether it is there still, and the same. What can't be had for any other reason
 * is no file that is gone: that throws.
 */
export const fetched = internalAction({
  args: {
    ...who,
    move: v.string(),
    old: v.string(),
    url: v.string(),
    /** Where the other side is: from nowhere else is anything fetched. */
    origin: v.union(v.string(), v.null()),
    sha256: v.string(),
    size: v.number(),
  },
  returns: v.boolean(),
  handler: async (ctx, { url, origin, ...file }): Promise<boolean> => {
    const at = new URL(url).origin;
    if (origin !== null && at !== new URL(origin).origin)
      throw new Error(`it is at ${at}, and the other side at ${origin}`);
    const answer = await fetch(url, { redirect: "error" });
    if (answer.status === 404) return false;
    if (!answer.ok) throw new Error(`the other side answers ${answer.status}`);
    const blob = await bodyOf(answer, file.size);
    if (blob === null) return false;
    const id = await ctx.storage.store(blob);
    try {
      return await ctx.runMutation(FILED, { ...file, new: id });
    } catch (error) {
      // Nobody would know of it.
      await ctx.storage.delete(id);
      throw error;
    }
  },
});

/** What the answer has, if that is of that size: no more of it is read. One that ends early says of no size. */
async function bodyOf(answer: Response, size: number): Promise<Blob | null> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let left = size;
  const body = answer.body?.getReader();
  while (body !== undefined) {
    const { done, value } = await body.read();
    if (done) break;
    left -= value.byteLength;
    if (left < 0) {
      await body.cancel();
      return null;
    }
    parts.push(value);
  }
  if (left > 0) {
    const had = String(size - left);
    if (answer.headers.get("content-length") === had) return null;
    throw new Error(`the other side's answer ended after ${had} bytes`);
  }
  const type = answer.headers.get("content-type") ?? "";
  return new Blob(parts, { type });
}

const FILED = makeFunctionReference<"mutation", any, boolean>(
  "byod/moving:filed",
);

/** Notes what a file has become, if it is the same; else it is removed. */
export const filed = internalMutation({
  args: {
    ...who,
    move: v.string(),
    old: v.string(),
    new: v.string(),
    sha256: v.string(),
    size: v.number(),
  },
  returns: v.boolean(),
  handler: async (ctx, { move, old, sha256, size, ...given }) => {
    const { new: sent, ...named } = given;
    await asked(ctx.db, named);
    const db: any = ctx.db;
    const id = db.system.normalizeId("_storage", sent);
    const file = id === null ? null : await db.system.get(id);
    if (file === null) return false;
    // Nobody would know of it once the move was called off.
    const isOver = (await allOf(ctx.db, move).first()) === null;
    const isSame = file.size === size && file.sha256 === sha256;
    const known = await rowOf(ctx.db, move, old);
    const isHere = known !== null && (await isStored(ctx.db, known));
    if (isOver || !isSame || isHere) {
      await ctx.storage.delete(id);
      return isSame && !isOver;
    }
    // Somebody has deleted what came before.
    if (known !== null) await ctx.db.delete(known._id);
    await ctx.db.insert("byodMoved", {
      move,
      table: "_storage",
      old,
      created: 0,
      state: "done",
      listed: sha256,
      new: id,
    });
    return true;
  },
});

/** A document whose ids become others. */
interface Walk {
  /** What it goes without. */
  lacks: string[];
  /** How many of its ids are any. */
  named: number;
  /** What an id of the table becomes. */
  idOf: (table: string, id: string) => Promise<any>;
}

/** One document on its way. */
interface Going extends Walk {
  ctx: MutationCtx;
  them: Who;
  move: string;
  isFinal: boolean;
  rings?: "bridge" | "close" | "settle";
  known: Map<string, any>;
  /** Whether it refers to what hasn't come yet. */
  waits: boolean;
  /** Whether others' ids stand for those for now. */
  bridges: boolean;
}

/** What is known of where references lead. */
interface Surveying {
  db: any;
  them: Who;
  staying: Set<string>;
  /** Whether what these ids name goes along. */
  known: Map<string, boolean>;
  /** The size of each. */
  files: Map<string, number>;
  references: number;
}

async function taken(
  go: Going,
  row: any,
  { created, text, hash }: { created: number; text: string; hash: string },
): Promise<"done" | "partial" | "held" | "kept" | "bridged"> {
  const { db } = go.ctx as any;
  const { takes, owner, created: field } = tableOf(row.table);
  const given: any = jsonToConvex(JSON.parse(text));
  let value: any = await rewritten(go, takes, given, "");
  if (value === MISSING && go.waits && go.rings === "bridge") {
    go.bridges = true;
    value = await rewritten(go, takes, given, "");
  }
  if (value === MISSING) {
    const state = go.waits && !go.isFinal ? "held" : "kept";
    const note =
      state === "kept" ? `it needs ${go.lacks.join(", ")}` : undefined;
    if (state === "held" && row.new !== undefined) {
      // What it was so far stays in its place, for whoever refers to it.
      await db.patch(row._id, { state });
      return state;
    }
    const over = await notHere(go.ctx, row, go.them);
    await db.patch(row._id, { ...over, state, note });
    return state;
  }
  for (const { field, isId } of owner)
    put(value, field, isId ? go.them.user : go.them.subject);
  if (field !== undefined && value[field] === undefined) value[field] = created;
  const before = await ofRow(db, row, go.them);
  const id = before === null ? await db.insert(row.table, value) : row.new;
  if (before !== null) {
    if (row.stays === true) await keepFormer(go.ctx, row, before);
    await db.replace(id, value);
  }
  const isBridged =
    (go.bridges && go.rings !== "settle") || go.rings === "close";
  const whole = go.waits && !go.isFinal ? "partial" : "done";
  const state = isBridged ? "bridged" : whole;
  const written = await hashOf(textOf(value));
  const note =
    go.lacks.length === 0 ? undefined : WITHOUT + go.lacks.join(", ");
  await db.patch(row._id, { state, new: id, written, hash, note });
  const known = { ...row, state, new: id };
  go.known.set(row.old, known);
  return state;
}

/** What stands where nothing can. */
const MISSING = Symbol("missing");

/** The value with ids as they are here; what refers to nothing here is left out. */
async function rewritten(
  go: Walk,
  of: Validator,
  value: any,
  at: string,
): Promise<any> {
  switch (of.type) {
    case "id": {
      if (typeof value !== "string") return value;
      const next = await go.idOf(of.tableName, value);
      if (next !== MISSING) go.named += 1;
      return next;
    }
    case "array": {
      if (!Array.isArray(value)) return value;
      const items = [];
      for (const item of value) {
        const next = await rewritten(go, of.value, item, at);
        if (next === MISSING) go.lacks.push(`${at}[]`);
        else items.push(next);
      }
      return items;
    }
    case "record": {
      if (!isObject(value)) return value;
      const entries = [];
      for (const [name, item] of Object.entries(value)) {
        const key = await rewritten(go, of.keys, name, at);
        const next = await rewritten(go, of.values.fieldType, item, at);
        if (key === MISSING || next === MISSING) go.lacks.push(`${at}[]`);
        else entries.push([key, next]);
      }
      return Object.fromEntries(entries);
    }
    case "object": {
      if (!isObject(value)) return value;
      const next: any = { ...value };
      for (const [name, field] of Object.entries<any>(of.value)) {
        if (!Object.hasOwn(value, name)) continue;
        const path = at === "" ? name : `${at}.${name}`;
        next[name] = await rewritten(go, field.fieldType, value[name], path);
        if (next[name] !== MISSING) continue;
        go.lacks.push(path);
        if (!field.optional) return MISSING;
        delete next[name];
      }
      return next;
    }
    case "union": {
      const members = of.value.filter((of: Validator) => isOf(of, value));
      const { lacks, named } = go;
      let other: { next: any; lacks: string[] } | undefined;
      for (const member of byRank(members)) {
        go.lacks = [...lacks];
        go.named = named;
        const next = await rewritten(go, member, value, at);
        if (next === MISSING) continue;
        // Where not one id of it is any, the value may be another member's.
        const isIt = go.named > named || go.lacks.length === lacks.length;
        if (isIt) return next;
        other ??= { next, lacks: go.lacks };
      }
      go.named = named;
      if (other !== undefined) {
        go.lacks = other.lacks;
        return other.next;
      }
      if (members.length === 0) return value;
      if (!of.value.some((of: Validator) => of.type === "null")) return MISSING;
      go.lacks = [...lacks, at];
      return null;
    }
    default:
      return value;
  }
}

/** Members of a union as they are tried: an id is one of what moves before it is one that stays as it is, or any text. */
function byRank(members: Validator[]): Validator[] {
  return [...members].sort((a, b) => rankOf(a) - rankOf(b));
}

function rankOf(of: Validator): number {
  switch (of.type) {
    case "id": {
      const table = of.tableName;
      if (table === "_storage" || Object.hasOwn(TABLES, table)) return 0;
      return CALLERS.includes(table) ? 1 : 2;
    }
    case "array":
      return rankOf(of.value);
    case "record":
      return Math.min(rankOf(of.keys), rankOf(of.values.fieldType));
    case "object": {
      const fields = Object.values<any>(of.value);
      return Math.min(3, ...fields.map((field) => rankOf(field.fieldType)));
    }
    case "union":
      return Math.min(3, ...of.value.map(rankOf));
    default:
      return 3;
  }
}

/** What an id is here. */
async function idOf(go: Going, table: string, id: string): Promise<any> {
  const { them } = go;
  if (table === "_storage" || Object.hasOwn(TABLES, table)) {
    const row = await moved(go, id);
    if (row === null || row.table !== table) return MISSING;
    const isThere = row.state !== "bridged" || go.rings !== undefined;
    if (row.new !== undefined && isThere) {
      if (row.state === "bridged") go.bridges = true;
      return row.new;
    }
    // Those that can't be without each other are known when rings are closed.
    if (row.state === "kept" || go.rings === "close") return MISSING;
    go.waits = true;
    const isBridge = go.bridges && go.rings === "bridge";
    return isBridge ? await another(go, table, id) : MISSING;
  }
  if (table.startsWith("_")) return MISSING;
  if (CALLERS.includes(table)) {
    const isTheirs = namesOf(them).includes(id);
    if (IS_USERS) return isTheirs ? them.subject : id;
    return isTheirs ? them.user : MISSING;
  }
  // A text there, which means something here alone.
  if (IS_USERS) return id;
  const db: any = go.ctx.db;
  const known = Object.hasOwn(OTHERS, table) ? db.normalizeId(table, id) : null;
  const doc = known === null ? null : await db.get(known);
  if (doc === null) return MISSING;
  const field = OTHERS[table];
  const isTheirs =
    field === null || namesOf(them).includes(valueAt(doc, field!) as string);
  return isTheirs ? known : MISSING;
}

/** The id, where what it names goes along. */
async function goes(go: Surveying, table: string, id: string): Promise<any> {
  const { db, them, known, files } = go;
  if (table === "_storage") {
    if (files.has(id)) return id;
    const file = db.system.normalizeId(table, id);
    const stored = file === null ? null : await db.system.get(file);
    if (stored === null) return MISSING;
    files.set(id, stored.size);
    return id;
  }
  if (Object.hasOwn(TABLES, table)) {
    go.references += 1;
    if (!known.has(id)) {
      const of = db.normalizeId(table, id);
      const doc = of === null ? null : await db.get(of);
      known.set(id, doc !== null && (await isTheirs(db, table, doc, them)));
    }
    return known.get(id) && !go.staying.has(id) ? id : MISSING;
  }
  if (table.startsWith("_")) return MISSING;
  // Of main's other tables main alone knows whose documents are.
  const isForeign = IS_USERS && CALLERS.includes(table);
  return isForeign && !namesOf(them).includes(id) ? MISSING : id;
}

/**
 * Any id of the table, which becomes the right one once that is known. Until then it shows:
 * so it is one of theirs, if there is any.
 */
async function another(go: Going, table: string, old: string): Promise<any> {
  const db: any = go.ctx.db;
  const known = db.normalizeId(table, old);
  if (known !== null || table === "_storage") return known ?? MISSING;
  for (const state of ["done", "partial", "bridged"]) {
    const row = await db
      .query("byodMoved")
      .withIndex("by_state", (q: any) =>
        q.eq("move", go.move).eq("table", table).eq("state", state),
      )
      .first();
    if (row !== null) return row.new;
  }
  return (await db.query(table).first())?._id ?? MISSING;
}

async function moved(go: Going, old: string) {
  if (!go.known.has(old)) {
    if (go.known.size === MOST_REFERENCES)
      throw new Error("One batch refers to too many documents");
    go.known.set(old, await rowOf(go.ctx.db, go.move, old));
  }
  return go.known.get(old);
}

/** Whether the value is one that the validator takes, ids being texts. */
function isOf(of: Validator, value: any): boolean {
  switch (of.type) {
    case "any":
      return true;
    case "null":
      return value === null;
    case "id":
    case "string":
      return typeof value === "string";
    case "number":
    case "boolean":
    case "bigint":
      return typeof value === of.type;
    case "bytes":
      return value instanceof ArrayBuffer;
    case "literal":
      return textOf({ is: value }) === textOf({ is: jsonToConvex(of.value) });
    case "array":
      return (
        Array.isArray(value) && value.every((item) => isOf(of.value, item))
      );
    case "record":
      return (
        isObject(value) &&
        Object.entries(value).every(
          ([name, item]) =>
            isOf(of.keys, name) && isOf(of.values.fieldType, item),
        )
      );
    case "object":
      return (
        isObject(value) &&
        Object.keys(value).every((name) => Object.hasOwn(of.value, name)) &&
        Object.entries<any>(of.value).every(([name, field]) =>
          Object.hasOwn(value, name)
            ? isOf(field.fieldType, value[name])
            : field.optional,
        )
      );
    case "union":
      return of.value.some((of: Validator) => isOf(of, value));
    default:
      return false;
  }
}

/** The ids of files in the value. */
function filesOf(of: Validator, value: any): string[] {
  switch (of.type) {
    case "id":
      return of.tableName === "_storage" && typeof value === "string"
        ? [value]
        : [];
    case "array":
      return Array.isArray(value)
        ? value.flatMap((item) => filesOf(of.value, item))
        : [];
    case "record":
      return isObject(value)
        ? Object.entries(value).flatMap(([name, item]) => [
            ...filesOf(of.keys, name),
            ...filesOf(of.values.fieldType, item),
          ])
        : [];
    case "object":
      return isObject(value)
        ? Object.entries<any>(of.value).flatMap(([name, field]) =>
            Object.hasOwn(value, name)
              ? filesOf(field.fieldType, value[name])
              : [],
          )
        : [];
    case "union":
      return of.value.flatMap((of: Validator) =>
        isOf(of, value) ? filesOf(of, value) : [],
      );
    default:
      return [];
  }
}

async function asked(db: DatabaseReader, given: any): Promise<Who> {
  /*asked*/
  return { user: given.user, subject: given.subject };
}

/** What a user is called, here or there. */
const namesOf = ({ user, subject }: Who) =>
  user === subject ? [user] : [user, subject];

function tableOf(table: string): Table {
  if (Object.hasOwn(TABLES, table)) return TABLES[table]!;
  throw new Error(`\`${table}\` is no table of users`);
}

/** Whether the document is the user's. */
async function isTheirs(
  db: DatabaseReader,
  table: string,
  doc: any,
  them: Who,
): Promise<boolean> {
  const { found, owner } = tableOf(table);
  if (found.by === "all") return true;
  const names: unknown[] = namesOf(them);
  if (owner.length > 0)
    return owner.every(({ field }) => names.includes(valueAt(doc, field)));
  if (found.by !== "parent") return false;
  const parent = valueAt(doc, found.field);
  return (
    typeof parent === "string" &&
    (await isTheirParent(db, found.parents, parent, them))
  );
}

async function isTheirParent(
  db: any,
  parents: string[],
  id: string,
  them: Who,
): Promise<boolean> {
  const table = parents.find((table) => db.normalizeId(table, id) !== null);
  if (table === undefined) return false;
  const doc = await db.get(db.normalizeId(table, id));
  return doc !== null && (await isTheirs(db, table, doc, them));
}

async function rowOf(db: DatabaseReader, move: string, old: string) {
  return await db
    .query("byodMoved")
    .withIndex("by_old", (q) => q.eq("move", move).eq("old", old))
    .unique();
}

const allOf = (db: DatabaseReader, move: string) =>
  db.query("byodMoved").withIndex("by_old", (q) => q.eq("move", move));

const rowsOf = (db: DatabaseReader, move: string, table: string) =>
  db
    .query("byodMoved")
    .withIndex("by_state", (q) => q.eq("move", move).eq("table", table));

/** Whether whoever says so had stopped, and another has gone on and listed it since. */
const isLate = (row: any, round?: number) =>
  round !== undefined && row !== null && row.round > round;

async function isWritten(db: any, row: any): Promise<boolean> {
  if (row.state !== "done" || row.hash !== row.listed) return false;
  const doc = await db.get(row.new);
  return doc !== null && (await hashOf(textOf(doc))) === row.written;
}

/** Whether what a file has become is there. */
const isStored = async (db: any, row: any) =>
  row.new !== undefined && (await db.system.get(row.new)) !== null;

const isBrought = (row: any) =>
  row.state === "kept" || row.written !== undefined;

/**
 * What becomes of what a move has brought that begins again. What was changed here alone stays as it is; what was
 * changed on the other side alone comes in its place; where both were, it comes beside it.
 */
async function broughtAgain(
  db: any,
  row: any,
  { isSame, anew }: { isSame: boolean; anew: boolean },
  them: Who,
): Promise<any> {
  const stays = row.stays ?? false;
  const doc = await ofRow(db, { ...row, stays }, them);
  const none = { new: undefined, written: undefined, hash: undefined };
  const over = { state: "listed", ...none, note: undefined, stays: undefined };
  if (doc === null) return over;
  const written = await hashOf(textOf(doc));
  const isChanged = written !== row.written;
  if (!isSame) return isChanged ? over : { state: "listed", stays };
  if (!isChanged) {
    const isDue = anew && (await namesGone(db, row.table, doc));
    return isDue ? { state: "listed", stays } : { stays };
  }
  return { state: "done", written, note: undefined, stays: true };
}

/** Whether a document names others that are not here any more. */
async function namesGone(db: any, table: string, doc: any) {
  let isGone = false;
  const walk: Walk = {
    lacks: [],
    named: 0,
    idOf: async (of, id) => {
      if (!Object.hasOwn(TABLES, of)) return id;
      const known = db.normalizeId(of, id);
      if (known === null) return MISSING;
      if ((await db.get(known)) !== null) return id;
      // Where it might be any text, nothing lacks.
      isGone = true;
      return MISSING;
    },
  };
  const { _id, _creationTime, ...rest } = doc;
  const value = await rewritten(walk, tableOf(table).takes, rest, "");
  return isGone || value === MISSING || walk.lacks.length > 0;
}

/** What one has become; one that was here before may be somebody else's by now. */
async function ofRow(db: any, row: any, them: Who): Promise<any> {
  const doc = row.new === undefined ? null : await db.get(row.new);
  const isAny = doc === null || row.stays === undefined;
  return isAny || (await isTheirs(db, row.table, doc, them)) ? doc : null;
}

/** Removes what has come of one that stays where it is, and what is known of it; what was here before is what it was. */
async function notHere(ctx: MutationCtx, row: any, them: Who) {
  const doc = await ofRow(ctx.db, row, them);
  if (doc !== null && row.stays === true) {
    const written = await restored(ctx, row.move, row.old);
    return written === undefined ? {} : { written };
  }
  if (doc !== null) await dropped(ctx, row);
  return { new: undefined, written: undefined, hash: undefined };
}

/** Under which name is known what was here before a move, as long as that may be called off. */
const formerOf = (move: string) => `${move} former`;

/** Keeps what a document is that was here before the move, the first time that another comes in its place. */
async function keepFormer(ctx: MutationCtx, row: any, doc: any) {
  const former = textOf(doc);
  if (former.length > MOST_FORMER) return;
  const { table, old, new: id } = row;
  const move = formerOf(row.move);
  if ((await rowOf(ctx.db, move, old)) !== null) return;
  const state = { created: 0, state: "former", listed: "", former };
  await ctx.db.insert("byodMoved", { move, table, old, new: id, ...state });
}

/** Has the document what it had before the move, unless somebody else has changed it: what tells that. */
async function restored(ctx: MutationCtx, move: string, old: string) {
  const db: any = ctx.db;
  const kept = await rowOf(ctx.db, formerOf(move), old);
  if (kept === null) return undefined;
  await ctx.db.delete(kept._id);
  const row = await rowOf(ctx.db, move, old);
  const doc = await db.get(kept.new);
  if (row === null || doc === null) return undefined;
  if ((await hashOf(textOf(doc))) !== row.written) return undefined;
  const value: any = jsonToConvex(JSON.parse(kept.former!));
  // Another schema may have been deployed since, which takes what is there alone, or has no such table.
  const takes = Object.hasOwn(TABLES, kept.table) && TABLES[kept.table]!.takes;
  if (takes === false || !isOf(takes, value)) return undefined;
  await db.replace(kept.new, value);
  return await hashOf(textOf(value));
}

/** Removes that one has come, and perhaps what has come of it. */
async function removed(ctx: MutationCtx, row: any, goes: boolean) {
  if (row.new !== undefined && goes) await dropped(ctx, row);
  await ctx.db.delete(row._id);
}

async function dropped(ctx: MutationCtx, row: any) {
  const db: any = ctx.db;
  if (row.table !== "_storage") {
    if ((await db.get(row.new)) !== null) await db.delete(row.new);
  } else if ((await db.system.get(row.new)) !== null) {
    await ctx.storage.delete(row.new);
  }
}

/** The document's own fields as a text, the same for equal ones. */
function textOf(doc: any): string {
  const { _id, _creationTime, ...rest } = doc;
  return JSON.stringify(sorted(convexToJson(rest as Value)));
}

function sorted(value: any): any {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, of]) => [name, sorted(of)]));
}

async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const digits = [...hash.subarray(0, 16)].map((byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return digits.join("");
}

/** What the document has at the path, as `owner.userId`. */
function valueAt(doc: any, path: string): unknown {
  return path
    .split(".")
    .reduce((of, name) => (isObject(of) ? of[name] : undefined), doc);
}

/** Puts the value there, where what is around it is there. */
function put(doc: any, path: string, value: string) {
  const names = path.split(".");
  const last = names.pop()!;
  const around: any = names.length === 0 ? doc : valueAt(doc, names.join("."));
  if (isObject(around)) around[last] = value;
}

function isObject(value: unknown): value is Record<string, any> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ArrayBuffer)
  );
}
