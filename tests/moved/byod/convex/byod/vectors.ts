// Written by `byod export`.

import { convexToJson, type Value } from "convex/values";
import type { ActionCtx } from "../_generated/server";
import { filterOf, valueAt, whoseAre } from "./tables";

/** As many documents as one search can find. */
const MOST = 256;

/** A field and its value, which is left out where the field is to be missing. */
export interface Condition {
  field: string;
  value?: any;
}

/** Which of these ids are of documents of the owner that meet one condition. */
export type OwnIds = (
  ids: string[],
  conditions: Condition[] | undefined,
) => Promise<string[]>;

/**
 * What the search finds of the owner's documents. Where the index filters by the
 * owner, theirs are what it searches, and the caller's own filter is applied to
 * what it finds; elsewhere it reads on until it has as many as were asked for. Both
 * end with as many documents as a search can find.
 */
export function vectorSearchOf(
  ctx: ActionCtx,
  owner: string,
  ownIds: OwnIds,
): ActionCtx["vectorSearch"] {
  const search = async (table: string, index: string, query: any) => {
    const any: any = ctx;
    if (whoseAre(table) === "everybody's") {
      return await any.vectorSearch(table, index, query);
    }
    const field = filterOf(table, index);
    const ofOwner =
      field === undefined ? {} : { filter: (q: any) => q.eq(field, owner) };
    const asked = field === undefined ? undefined : conditionsOf(query.filter);
    const limit: number = query.limit ?? 10;
    for (let reach = limit; ; reach = MOST) {
      const wider = { ...query, ...ofOwner, limit: reach };
      const found: any[] = await any.vectorSearch(table, index, wider);
      const ids = found.map(({ _id }) => _id);
      const own = new Set(await ownIds(ids, asked));
      const kept = found.filter(({ _id }) => own.has(_id));
      const isAll = found.length < reach || reach >= MOST;
      if (kept.length >= limit || isAll) return kept.slice(0, limit);
    }
  };
  return search as any;
}

/** Whether the document meets one of the conditions. */
export function meets(doc: any, conditions: Condition[] | undefined): boolean {
  if (conditions === undefined) return true;
  const same = (a: unknown, b: unknown) => textOf(a) === textOf(b);
  return conditions.some(({ field, value }) =>
    same(valueAt(doc, field), value),
  );
}

/** A filter for vectors says that one of some fields has its value. */
function conditionsOf(filter: ((q: any) => any) | undefined) {
  const q = {
    eq: (field: string, value: any): Condition[] => [{ field, value }],
    or: (...some: Condition[][]): Condition[] => some.flat(),
  };
  return filter === undefined ? undefined : (filter(q) as Condition[]);
}

function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return JSON.stringify(convexToJson(value as Value), (_, part) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort())
      : part,
  );
}
