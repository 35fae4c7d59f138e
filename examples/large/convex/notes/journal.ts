import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import { requireMessage } from "../lib/access";
import { requireUser } from "../lib/auth";
import { Journal, WritableJournal } from "../lib/journal";

export const page = query({
  args: { timestamp: v.number() },
  handler: async (ctx, { timestamp }) => {
    const user = await requireUser(ctx);
    return await new Journal(ctx, user._id).page(timestamp);
  },
});

export const append = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const user = await requireUser(ctx);
    const journal = new WritableJournal(ctx, user._id);
    return await journal.append(text);
  },
});

export const appendMessage = mutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, messageId);
    const journal = new WritableJournal(ctx, user._id);
    return await journal.append(`> ${message.content}`);
  },
});
