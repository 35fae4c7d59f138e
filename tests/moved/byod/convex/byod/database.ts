// Written by `byod export`.

import { ConvexError, convexToJson, jsonToConvex } from "convex/values";
import type { DatabaseReader, DatabaseWriter } from "../_generated/server";
import { queryInOrder, type Order } from "./order";
import { queryOf } from "./query";
import {
  SUBJECTS,
  childOf,
  isMine,
  isOf,
  isTable,
  tableOf,
  valueAt,
  whoseAre,
} from "./tables";

/**
 * The database as the owner has it: the users' tables, with their documents alone.
 * A document is its owner's from the insert on, and never another's or nobody's.
 */
export function reader(db: DatabaseReader, owner: string): DatabaseReader {
  const any: any = db;
  const owned = {
    system: system(db, owner),
    normalizeId: (table: any, id: string) =>
      isTable(table) ? any.normalizeId(table, id) : null,
    get: async (first: any, second?: any) =>
      (await find(db, named(first, second), owner))?.doc ?? null,
    query: (table: string) => queryOf(db, table, owner),
    table: (table: string) => tableFor(owned, table),
  };
  return owned as any;
}

/** The same, to write: what is asked is done in that order. */
export function writer(
  db: DatabaseWriter,
  owner: string,
  order: Order,
): DatabaseWriter {
  const any: any = db;
  const read: any = reader(db, owner);
  const findMine = async (id: any[]) => {
    const found = await find(db, id, owner);
    if (found === null) throw notFound();
    return found;
  };
  const owned = {
    system: systemInOrder(read.system, order),
    normalizeId: read.normalizeId,
    get: (...id: any[]) => order.read(() => read.get(...id)),
    query: (table: string) => queryInOrder(read.query(table), order),
    table: (table: string) => tableFor(owned, table),
    vars: any.vars,
    insert: async (table: string, value: any) => {
      const mine = withOwner(table, copy(value), owner);
      return await order.write(async () => {
        await checkOwner(db, table, mine, owner);
        return await any.insert(table, mine);
      });
    },
    patch: async (first: any, second: any, third?: any) => {
      const [id, given] = withValue(first, second, third);
      const changes = copy(given);
      await order.write(async () => {
        const { table, doc } = await findMine(id);
        await checkOwner(db, table, { ...doc, ...changes }, owner);
        await any.patch(...id, changes);
      });
    },
    replace: async (first: any, second: any, third?: any) => {
      const [id, given] = withValue(first, second, third);
      const value = copy(given);
      await order.write(async () => {
        const { table } = await findMine(id);
        await checkOwner(db, table, value, owner);
        await any.replace(...id, value);
      });
    },
    delete: async (first: any, second?: any) => {
      const id = named(first, second);
      await order.write(async () => {
        const { table, doc } = await findMine(id);
        await checkChildren(db, table, doc);
        await any.delete(...id);
      });
    },
  };
  return owned as any;
}

/** The id, with its table where that is given; Convex looks at nothing behind it. */
function named(first: any, second: any): any[] {
  return second === undefined ? [first] : [first, second];
}

/** The same of what takes a value behind it. */
function withValue(first: any, second: any, third: any): [any[], any] {
  return third === undefined ? [[first], second] : [[first, second], third];
}

/** What the value is now: nobody changes it between its check and the writing. */
function copy(value: any): any {
  const members = Object.entries(value).map(
    ([field, member]: [string, any]) => [
      field,
      member === undefined ? undefined : jsonToConvex(convexToJson(member)),
    ],
  );
  return Object.fromEntries(members);
}

/** The document, named with or without its table, if it is the owner's. */
async function find(
  db: DatabaseReader,
  named: any[],
  owner: string,
): Promise<{ table: string; doc: any } | null> {
  const id = named.at(-1);
  if (typeof id !== "string") throw new Error("The id of a document is a text");
  const table = named.length > 1 ? named[0] : tableOf(db, id);
  if (table === undefined) return null;
  whoseAre(table);
  if (!isOf(db, table, id)) return null;
  const doc = await db.get(id as any);
  if (doc === null || !(await isMine(db, table, doc, owner))) return null;
  return { table, doc };
}

/** What `db.table` gives. */
function tableFor(db: any, table: string) {
  whoseAre(table);
  return {
    get: (id: any) => db.get(table, id),
    query: () => db.query(table),
    insert: (value: any) => db.insert(table, value),
    patch: (id: any, changes: any) => db.patch(table, id, changes),
    replace: (id: any, value: any) => db.replace(table, id, value),
    delete: (id: any) => db.delete(table, id),
  };
}

/** As for a document that is not there. */
export function notFound() {
  return new ConvexError({ code: "not_found", message: "No such document" });
}

/** Where main lets a document be nobody's, it is its writer's here. */
function withOwner(table: string, value: any, owner: string): any {
  const whose = whoseAre(table);
  const fields = typeof whose === "object" && "fields" in whose;
  const missing = (fields ? whose.fields : []).filter(
    (field) => !field.includes(".") && valueAt(value, field) == null,
  );
  const added = missing.map((field) => [field, owner]);
  return { ...value, ...Object.fromEntries(added) };
}

async function checkOwner(
  db: DatabaseReader,
  table: string,
  value: any,
  owner: string,
) {
  if (await isMine(db, table, value, owner)) return;
  const whose = whoseAre(table) as { fields?: string[]; parent?: string };
  const is = (field: string) => valueAt(value, field) !== owner;
  const message =
    whose.parent === undefined
      ? `\`${whose.fields?.find(is)}\` of a document must be its owner`
      : `\`${whose.parent}\` of a document must name one of its owner's`;
  throw new ConvexError({ code: "wrong_owner", message });
}

/** What is whose this document is would be nobody's without it, for ever. */
async function checkChildren(db: DatabaseReader, table: string, doc: any) {
  const child = await childOf(db, table, doc._id);
  if (child === undefined) return;
  throw new ConvexError({
    code: "has_children",
    message: `Delete its \`${child}\` first: they are whose this document of \`${table}\` is, and nobody could reach them without it`,
  });
}

/**
 * The system tables: files by their ids, which have no owner, and the scheduled
 * functions that are the owner's.
 */
function system(db: DatabaseReader, owner: string) {
  const any: any = db.system;
  const isOfSystem = (table: string, named: any[]) =>
    isOf(any, table, named.at(-1)) && (named.length < 2 || named[0] === table);
  const refuse = () => {
    throw new Error(
      "System tables can't be listed: they hold what is of all users",
    );
  };
  const get = async (...named: any[]) => {
    if (isOfSystem("_storage", named)) return await any.get(...named);
    if (!isOfSystem("_scheduled_functions", named)) return null;
    const job = await any.get(...named);
    const names = (subject: string) => job.args[0]?.[subject] === owner;
    return job !== null && SUBJECTS.every(names) ? job : null;
  };
  return {
    normalizeId: (table: any, id: string) => any.normalizeId(table, id),
    get,
    query: refuse,
    table: (table: string) => ({
      get: (id: any) => get(table, id),
      query: refuse,
    }),
  };
}

/** The same, each step in its turn. */
function systemInOrder(system: any, { read }: Order) {
  return {
    ...system,
    get: (...id: any[]) => read(() => system.get(...id)),
    table: (table: string) => ({
      ...system.table(table),
      get: (id: any) => read(() => system.table(table).get(id)),
    }),
  };
}
