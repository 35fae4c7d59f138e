import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const list = query({ args: { title: v.optional(v.string()) }, handler });
export const get = query({ args: { id: v.id("notes") }, handler });
export const create = mutation({ args: { title: v.string() }, handler });
export const count = query({ args: {}, returns: v.number(), handler });
export const search = query({ args: { text: v.string() }, handler });
export const summary = query({
  args: {},
  returns: v.object({ total: v.int64(), latest: v.union(v.id("notes"), v.null()) }),
  handler,
});
