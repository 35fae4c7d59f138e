import { v } from "convex/values";
import { mutation } from "../_generated/server";
import { requireUser } from "../lib/auth";
import { insertMessage } from "../lib/messages";
import { openShare } from "../shares";

/** Somebody else's conversation, as one's own to go on with. */
export const fork = mutation({
  args: { token: v.string(), password: v.optional(v.string()) },
  handler: async (ctx, { token, password }) => {
    const user = await requireUser(ctx);
    const share = await openShare(ctx, token, password);
    const source = share?.conversationId
      ? await ctx.db.get(share.conversationId)
      : null;
    if (!source) throw new Error("Nothing to fork");
    const now = Date.now();
    const conversationId = await ctx.db.insert("conversations", {
      userId: user._id,
      title: source.title,
      model: source.model,
      pinned: false,
      archived: false,
      starred: false,
      messageCount: 0,
      lastMessageAt: now,
      createdAt: now,
      updatedAt: now,
    });
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) => q.eq("conversationId", source._id))
      .collect();
    for (const { role, content, model } of messages) {
      await insertMessage(ctx, {
        conversationId,
        userId: user._id,
        role,
        content,
        model,
        status: "complete",
      });
    }
    return conversationId;
  },
});
