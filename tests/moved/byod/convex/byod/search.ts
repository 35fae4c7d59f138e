// Written by `byod export`.

import { v } from "convex/values";
import { ownerAction } from "./owner";

/** A vector search for main's actions: it finds the owner's documents alone. */
export const vectors = ownerAction({
  args: {
    table: v.string(),
    index: v.string(),
    vector: v.array(v.float64()),
    limit: v.optional(v.number()),
    /** One of these fields has its value, which is left out where it is missing. */
    filter: v.optional(
      v.array(v.object({ field: v.string(), value: v.optional(v.any()) })),
    ),
  },
  handler: async (ctx, { table, index, filter, ...query }) => {
    const conditions = (q: any) =>
      q.or(...filter!.map(({ field, value }) => q.eq(field, value)));
    const wanted =
      filter === undefined ? query : { ...query, filter: conditions };
    return await (ctx as any).vectorSearch(table, index, wanted);
  },
});
