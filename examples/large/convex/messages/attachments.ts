import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import { requireConversation, requireMessage } from "../lib/access";
import { requireUser } from "../lib/auth";

export const generateUploadUrl = mutation({
  args: {},
  handler: async (ctx) => {
    await requireUser(ctx);
    return await ctx.storage.generateUploadUrl();
  },
});

export const save = mutation({
  args: {
    conversationId: v.id("conversations"),
    storageId: v.id("_storage"),
    name: v.string(),
    mimeType: v.string(),
  },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await requireConversation(ctx, user._id, args.conversationId);
    const stored = await ctx.db.system.get(args.storageId);
    if (!stored) throw new Error("The upload isn't there");
    return await ctx.db.insert("attachments", {
      ...args,
      userId: user._id,
      size: stored.size,
      createdAt: Date.now(),
    });
  },
});

export const list = query({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const user = await requireUser(ctx);
    await requireMessage(ctx, user._id, messageId);
    const attachments = await ctx.db
      .query("attachments")
      .withIndex("by_message", (q) => q.eq("messageId", messageId))
      .collect();
    return await Promise.all(
      attachments.map(async (attachment) => ({
        ...attachment,
        url: await ctx.storage.getUrl(attachment.storageId),
      })),
    );
  },
});

export const remove = mutation({
  args: { attachmentId: v.id("attachments") },
  handler: async (ctx, { attachmentId }) => {
    const user = await requireUser(ctx);
    const attachment = await ctx.db.get(attachmentId);
    if (attachment?.userId !== user._id) throw new Error("Not found");
    await ctx.storage.delete(attachment.storageId);
    await ctx.db.delete(attachmentId);
  },
});
