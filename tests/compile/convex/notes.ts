import {
  mutationGeneric as mutation,
  paginationOptsValidator,
  paginationResultValidator,
  queryGeneric as query,
} from "convex/server";
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
export const page = query({ args: { title: v.string(), paginationOpts: paginationOptsValidator }, handler });
export const titles = query({
  args: { paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(v.string()),
  handler,
});
export const found = query({ args: { paginationOpts: paginationOptsValidator }, handler });
export const publish = mutation({
  args: {
    id: v.id("notes"),
    title: v.string(),
    pinned: v.boolean(),
    body: v.optional(v.string()),
    build: v.optional(v.number()),
    until: v.optional(v.union(v.number(), v.null())),
  },
  handler,
});
