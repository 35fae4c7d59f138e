import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { me } from "./user";
// By its name it deletes; the messages and a table of main go too.
export const deleteConversation = mutation({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    const user = await me(ctx);
    const found = await ctx.db.get(conversationId);
    if (!found || found.userId !== user._id) throw new Error("Not found");
    for (const m of await ctx.db.query("messages").withIndex("by_conversation", (q) => q.eq("conversationId", conversationId)).collect())
      await ctx.db.delete(m._id);
    for (const c of await ctx.db.query("canvas").withIndex("by_conversation", (q) => q.eq("conversationId", conversationId)).collect())
      await ctx.db.delete(c._id);
    await ctx.db.delete(conversationId);
  },
});
// Who calls is told by a helper.
export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await me(ctx);
    return await ctx.db.query("conversations").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
  },
});
// The same, without `args`.
export const listAll = query({
  handler: async (ctx) => {
    const user = await me(ctx);
    return await ctx.db.query("conversations").withIndex("by_user", (q) => q.eq("userId", user._id)).collect();
  },
});
// The same, with the helper's text written out.
export const recent = query({
  args: {},
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db.query("users").withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject)).first();
    if (!user) throw new Error("Not signed in");
    return await ctx.db.query("conversations").withIndex("by_user", (q) => q.eq("userId", user._id)).take(5);
  },
});
