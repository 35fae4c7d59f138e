import { v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import { mutation, query } from "./_generated/server";
import { getCurrentUser, requireUser } from "./lib/auth";

export const get = query(
  async (ctx, { conversationId }: { conversationId?: Id<"conversations"> }) => {
    const user = await getCurrentUser(ctx);
    if (!user) return null;
    return await ctx.db
      .query("drafts")
      .withIndex("by_user_conversation", (q) =>
        q.eq("userId", user._id).eq("conversationId", conversationId),
      )
      .unique();
  },
);

export const save = mutation({
  args: {
    conversationId: v.optional(v.id("conversations")),
    content: v.string(),
  },
  handler: async (ctx, { conversationId, content }) => {
    const user = await requireUser(ctx);
    const draft = await ctx.db
      .query("drafts")
      .withIndex("by_user_conversation", (q) =>
        q.eq("userId", user._id).eq("conversationId", conversationId),
      )
      .unique();
    const updatedAt = Date.now();
    if (!content.trim()) {
      if (draft) await ctx.db.delete(draft._id);
    } else if (draft) {
      await ctx.db.patch(draft._id, { content, updatedAt });
    } else {
      await ctx.db.insert("drafts", {
        userId: user._id,
        conversationId,
        content,
        updatedAt,
      });
    }
  },
});

export const clearAll = mutation({
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const drafts = await ctx.db
      .query("drafts")
      .withIndex("by_user_conversation", (q) => q.eq("userId", user._id))
      .collect();
    for (const draft of drafts) await ctx.db.delete(draft._id);
  },
});
