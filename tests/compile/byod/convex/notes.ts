import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const list = query({ args: { title: v.optional(v.string()), userId: v.string() }, handler });
export const get = query({ args: { id: v.id("notes"), userId: v.string() }, handler });
export const create = mutation({ args: { title: v.string(), userId: v.string(), createdAt: v.number() }, handler });
export const count = query({ args: { userId: v.string() }, returns: v.number(), handler });
export const search = query({ args: { text: v.string(), userId: v.string() }, handler });
export const summary = query({
  args: { userId: v.string() },
  returns: v.object({ total: v.int64(), latest: v.union(v.id("notes"), v.null()) }),
  handler,
});
