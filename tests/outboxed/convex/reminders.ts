import { v } from "convex/values";
import { internalMutation } from "./_generated/server";

/** Would write a mail. */
export const send = internalMutation({
  args: { userId: v.id("users"), text: v.string(), urgent: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { userId, text, urgent }) => {
    const sent = urgent ? `${text}!` : text;
    await ctx.db.insert("reminders", { userId, text: sent, sent: true });
    return null;
  },
});

export const add = internalMutation({
  args: { userId: v.id("users"), text: v.string() },
  returns: v.id("reminders"),
  handler: async (ctx, { userId, text }) =>
    await ctx.db.insert("reminders", { userId, text, sent: false }),
});
