// Written by `byod export`.

import type { DatabaseReader } from "../_generated/server";
import { filterOf, isMine, valueAt, whoseAre } from "./tables";

/** The query of a table, without other people's documents. */
export function queryOf(db: DatabaseReader, table: string, owner: string): any {
  const whose = whoseAre(table);
  const initial: any = db.query(table as any);
  if (whose === "everybody's") return initial;
  if ("fields" in whose) return byFields(initial, table, whose.fields, owner);
  // The children of a parent are its owner's all alike.
  const known = new Map<unknown, Promise<boolean>>();
  return byEach(initial, (doc) => {
    const parent = valueAt(doc, whose.parent);
    const found = known.get(parent) ?? isMine(db, table, doc, owner);
    known.set(parent, found);
    return found;
  });
}

/** The database itself leaves out what names another owner. */
function byFields(
  initial: any,
  table: string,
  fields: string[],
  owner: string,
): any {
  const mine = (started: any) =>
    closed(
      fields.reduce(
        (found, field) => found.filter((q: any) => q.eq(q.field(field), owner)),
        started,
      ),
    );
  const all = () => mine(initial.fullTableScan());
  const search = (index: string, of: (q: any) => any) => {
    const field = filterOf(table, index);
    const within = (q: any) => searchOf(of, q, field, owner);
    return initial.withSearchIndex(index, within);
  };
  return {
    withIndex: (...args: any[]) => mine(initial.withIndex(...args)),
    withSearchIndex: (index: string, of: (q: any) => any) =>
      mine(search(index, of)),
    fullTableScan: all,
    order: (order: any) => all().order(order),
    filter: (predicate: any) => all().filter(predicate),
    paginate: (options: any) => all().paginate(options),
    collect: () => all().collect(),
    take: (n: number) => all().take(n),
    first: () => all().first(),
    unique: () => all().unique(),
    count: async () => (await all().collect()).length,
    [Symbol.asyncIterator]: () => all()[Symbol.asyncIterator](),
  };
}

/** The query, without what it is made of: nobody takes the filters out again. */
function closed(query: any): any {
  return {
    order: (order: any) => closed(query.order(order)),
    filter: (predicate: any) => closed(query.filter(predicate)),
    paginate: async (options: any) => await query.paginate(options),
    collect: async () => await query.collect(),
    take: async (n: number) => await query.take(n),
    first: async () => await query.first(),
    unique: async () => await query.unique(),
    count: async () => (await query.collect()).length,
    next: async () => await query.next(),
    [Symbol.asyncIterator]: async function* () {
      for await (const doc of query) yield doc;
    },
  };
}

/** The search among the owner's documents, where the index knows them. */
function searchOf(
  of: (q: any) => any,
  q: any,
  field: string | undefined,
  owner: string,
): any {
  if (field === undefined) return of(q);
  let isAsked = false;
  const noting = (built: any): any => ({
    built,
    search: (...args: any[]) => noting(built.search(...args)),
    eq: (name: string, value: any) => {
      // Whatever is asked: what is found is the owner's all the same.
      isAsked ||= name === field;
      return noting(built.eq(name, value));
    },
  });
  const { built } = of(noting(q));
  return isAsked ? built : built.eq(field, owner);
}

/** Each document is asked whose it is. */
function byEach(query: any, isMine: (doc: any) => Promise<boolean>): any {
  const chained = (next: any) => byEach(next, isMine);
  const mine = async function* () {
    for await (const doc of query) {
      if (await isMine(doc)) yield doc;
    }
  };
  const take = async (n: number) => {
    if (!Number.isInteger(n) || n < 0) {
      throw new Error("`take` wants a non-negative integer");
    }
    const found: any[] = [];
    if (n === 0) return found;
    for await (const doc of mine()) {
      found.push(doc);
      if (found.length === n) break;
    }
    return found;
  };
  const collect = async () => await take(Number.MAX_SAFE_INTEGER);
  return {
    withIndex: (...args: any[]) => chained(query.withIndex(...args)),
    withSearchIndex: (...args: any[]) =>
      chained(query.withSearchIndex(...args)),
    fullTableScan: () => chained(query.fullTableScan()),
    order: (order: any) => chained(query.order(order)),
    filter: (predicate: any) => chained(query.filter(predicate)),
    // A page may have fewer than asked for, as Convex's may; the cursor goes on.
    paginate: async (options: any) => {
      const found = await query.paginate(options);
      const page: any[] = [];
      for (const doc of found.page) if (await isMine(doc)) page.push(doc);
      return { ...found, page };
    },
    collect,
    take,
    first: async () => (await take(1))[0] ?? null,
    unique: async () => {
      const [one, other] = await take(2);
      if (other !== undefined) {
        throw new Error("`unique` found more than one document");
      }
      return one ?? null;
    },
    count: async () => (await collect()).length,
    [Symbol.asyncIterator]: mine,
  };
}
