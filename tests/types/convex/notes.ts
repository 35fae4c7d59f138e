import {
  actionGeneric as action,
  mutationGeneric as mutation,
  paginationOptsValidator,
  paginationResultValidator,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const handler = () => null;

/** Without `returns`: documents of the table. */
export const list = query({ args: { paginationOpts: paginationOptsValidator }, handler });

export const titles = query({
  args: { prefix: v.string(), paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(v.string()),
  handler,
});

// Functions that are told whose notes are meant, in the ways that there are.

export const ofUser = query({ args: { userId: v.id("users") }, returns: v.string(), handler });

export const ofSubject = query({ args: { userId: v.string() }, returns: v.string(), handler });

export const perhapsOf = query({ args: { userId: v.optional(v.string()) }, returns: v.string(), handler });

export const assigned = query({
  args: { userId: v.union(v.id("users"), v.null()) },
  returns: v.string(),
  handler,
});

export const anything = query({ returns: v.string(), handler });

export const pagesOf = query({
  args: { userId: v.string(), paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(v.string()),
  handler,
});

export const rename = mutation({
  args: { userId: v.string(), title: v.string() },
  returns: v.string(),
  handler,
});

export const summarize = action({ args: { userId: v.id("users") }, returns: v.string(), handler });
