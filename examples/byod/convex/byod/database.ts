// Written by `byod export`.

import { ConvexError } from "convex/values";
import type { DatabaseReader, DatabaseWriter } from "../_generated/server";

/**
 * The fields that say whose a document is. Documents of a table that is not here
 * belong to all who use this deployment.
 */
const OWNER_FIELDS: Record<string, string[]> = {
  conversations: ["userId"],
  conversationParticipants: ["userId"],
  messages: ["userId"],
  toolCalls: ["userId"],
  sources: ["userId"],
  attachments: ["userId"],
  memories: ["userId"],
  files: ["userId"],
  fileChunks: ["userId"],
  notes: ["userId"],
  bookmarks: ["userId"],
  snippets: ["userId"],
  projects: ["userId"],
  projectConversations: ["userId"],
  projectNotes: ["userId"],
  projectFiles: ["userId"],
  tasks: ["userId"],
  tags: ["userId"],
  conversationTags: ["userId"],
  noteTags: ["userId"],
  taskTags: ["userId"],
  presentations: ["userId"],
  slides: ["userId"],
  outlineItems: ["userId"],
  designTemplates: ["userId"],
  presentationSessions: ["userId"],
  usageRecords: ["userId"],
  ttsCache: ["userId"],
  activityEvents: ["userId"],
  byodIdempotency: ["owner"],
};

/** The arguments that say whose call a scheduled function is. */
const SUBJECTS: string[] = ["userId"];

/**
 * The database as the owner has it: with their documents alone. A document is
 * its owner's from the insert on, and never another's or nobody's.
 */
export function reader(db: DatabaseReader, owner: string): DatabaseReader {
  const any: any = db;
  const owned = {
    system: system(db, owner),
    normalizeId: (table: any, id: string) => any.normalizeId(table, id),
    // Both with and without the table's name in front of the id.
    get: async (...id: any[]) => {
      const doc = await any.get(...id);
      return isMine(db, doc, owner) ? doc : null;
    },
    query: (table: string) => query(any.query(table), fieldsOf(table), owner),
  };
  return owned as any;
}

/** The same, to write. */
export function writer(db: DatabaseWriter, owner: string): DatabaseWriter {
  const any: any = db;
  const find = async (...id: any[]) => {
    const doc = await any.get(...id);
    if (!isMine(db, doc, owner)) throw notFound();
    return doc;
  };
  const owned = {
    ...reader(db, owner),
    vars: any.vars,
    insert: async (table: string, value: any) => {
      const fields = fieldsOf(table);
      // Where main lets a document be nobody's, it is its writer's here.
      const missing = fields.filter((field) => value[field] == null);
      const added = missing.map((field) => [field, owner]);
      const mine = { ...value, ...Object.fromEntries(added) };
      checkOwner(fields, mine, owner);
      return await any.insert(table, mine);
    },
    patch: async (...args: any[]) => {
      const [id, changes] = [args.slice(0, -1), args.at(-1)];
      const doc = await find(...id);
      checkOwner(fieldsOfDoc(db, doc), { ...doc, ...changes }, owner);
      await any.patch(...args);
    },
    replace: async (...args: any[]) => {
      const [id, value] = [args.slice(0, -1), args.at(-1)];
      const doc = await find(...id);
      checkOwner(fieldsOfDoc(db, doc), value, owner);
      await any.replace(...args);
    },
    delete: async (...id: any[]) => {
      await find(...id);
      await any.delete(...id);
    },
  };
  return owned as any;
}

function fieldsOf(table: string): string[] {
  return Object.hasOwn(OWNER_FIELDS, table) ? OWNER_FIELDS[table] : [];
}

function fieldsOfDoc(db: DatabaseReader, doc: any): string[] {
  const isOf = (table: string) =>
    db.normalizeId(table as any, doc._id) !== null;
  return fieldsOf(Object.keys(OWNER_FIELDS).find(isOf) ?? "");
}

function isMine(db: DatabaseReader, doc: any, owner: string): boolean {
  const names = (field: string) => doc[field] === owner;
  return doc !== null && fieldsOfDoc(db, doc).every(names);
}

/** As for a document that is not there. */
export function notFound() {
  return new ConvexError({ code: "not_found", message: "No such document" });
}

function checkOwner(fields: string[], value: any, owner: string) {
  const other = fields.find((field) => value[field] !== owner);
  if (other !== undefined) {
    throw new ConvexError({
      code: "wrong_owner",
      message: `\`${other}\` of a document must be its owner`,
    });
  }
}

/** The query, without other people's documents. */
function query(initial: any, fields: string[], owner: string): any {
  const mine = (started: any) =>
    fields.reduce(
      (found, field) => found.filter((q: any) => q.eq(q.field(field), owner)),
      started,
    );
  const all = () => mine(initial.fullTableScan());
  return {
    withIndex: (...args: any[]) => mine(initial.withIndex(...args)),
    withSearchIndex: (...args: any[]) => mine(initial.withSearchIndex(...args)),
    fullTableScan: all,
    order: (order: any) => all().order(order),
    filter: (predicate: any) => all().filter(predicate),
    paginate: (options: any) => all().paginate(options),
    collect: () => all().collect(),
    take: (n: number) => all().take(n),
    first: () => all().first(),
    unique: () => all().unique(),
    [Symbol.asyncIterator]: () => all()[Symbol.asyncIterator](),
  };
}

/**
 * The system tables: files by their ids, which have no owner, and the scheduled
 * functions that are the owner's.
 */
function system(db: DatabaseReader, owner: string) {
  const any: any = db.system;
  return {
    normalizeId: (table: any, id: string) => any.normalizeId(table, id),
    get: async (...id: any[]) => {
      const doc = await any.get(...id);
      const isJob = doc !== null && "args" in doc;
      const names = (subject: string) => doc.args[0]?.[subject] === owner;
      return !isJob || SUBJECTS.every(names) ? doc : null;
    },
    query: () => {
      throw new Error(
        "System tables can't be listed: they hold what is of all users",
      );
    },
  };
}
