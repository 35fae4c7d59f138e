import {
  mutationGeneric as mutation,
  paginationOptsValidator,
  paginationResultValidator,
  queryGeneric as query,
} from "convex/server";
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
export const page = query({ args: { userId: v.string(), title: v.string(), paginationOpts: paginationOptsValidator }, handler });
export const titles = query({
  args: { userId: v.string(), paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(v.string()),
  handler,
});
export const found = query({ args: { userId: v.string(), paginationOpts: paginationOptsValidator }, handler });
export const publish = mutation({
  args: {
    userId: v.string(), id: v.id("notes"),
    title: v.string(),
    pinned: v.boolean(),
    body: v.optional(v.string()),
    build: v.optional(v.number()),
    until: v.optional(v.union(v.number(), v.null())),
  },
  handler,
});
