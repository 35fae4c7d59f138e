import { paginationOptsValidator, paginationResultValidator, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

/** Without `returns`: documents of the table. */
export const list = query({ args: { paginationOpts: paginationOptsValidator }, handler });

export const titles = query({
  args: { prefix: v.string(), paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(v.string()),
  handler,
});
