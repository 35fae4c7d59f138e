import { internalQueryGeneric as query, paginationOptsValidator } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const find = query({
  args: { userId: v.string(), text: v.string(), limit: v.optional(v.number()) },
  returns: v.array(v.object({ id: v.id("messages"), text: v.string() })),
  handler,
});
export const pages = query({
  args: { userId: v.string(), text: v.string(), paginationOpts: paginationOptsValidator },
  handler,
});
export const raw = query({ args: { userId: v.string() }, handler });
export const scored = query({ args: { userId: v.string() }, handler });
