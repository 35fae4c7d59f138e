import type { Id } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";

/** Keeps the whole database for later. */
export const finder = (ctx: QueryCtx) => {
  const { db } = ctx;
  return { find: (id: Id<"pages">) => db.get(id) };
};
