import { internalMutationGeneric as mutation, internalQueryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const sendMessage = mutation({
  args: {
    userId: v.string(), conversationId: v.id("conversations"), text: v.string(), quote: v.optional(v.string()),
  },
  returns: v.id("messages"),
  handler,
});
export const history = query({
  args: { userId: v.string(), conversationId: v.id("conversations") },
  returns: v.array(v.object({ text: v.string(), author: v.string() })),
  handler,
});
