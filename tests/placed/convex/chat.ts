import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

// Users' tables alone.
export const sendMessage = mutation({
  args: { conversationId: v.id("conversations"), text: v.string(), quote: v.optional(v.string()) },
  returns: v.id("messages"),
  handler,
});
export const history = query({
  args: { conversationId: v.id("conversations") },
  returns: v.array(v.object({ text: v.string(), author: v.id("users") })),
  handler,
});
// Of both.
export const overview = query({
  args: {},
  returns: v.object({ plan: v.string(), messages: v.number() }),
  handler,
});
export const generate = action({ args: { conversationId: v.id("conversations") }, returns: v.null(), handler });
// By a builder that asks for users' data where that is.
export const answer = action({ args: { conversationId: v.id("conversations") }, returns: v.null(), handler });
// Main's alone, of the same shape as what `history` gives.
export const authors = query({
  args: { of: v.optional(v.id("users")) },
  returns: v.array(v.object({ text: v.string(), author: v.id("users") })),
  handler,
});
// As byod.toml says.
export const purge = mutation({ args: {}, returns: v.null(), handler });
export const legacy = query({ args: {}, returns: v.null(), handler });
// Newer than the file of the functions.
export const react = mutation({ args: { emoji: v.string() }, returns: v.null(), handler });
