import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { callerOf } from "./lib/caller";

/** As the auth provider's webhook makes it. */
export const upsert = internalMutation({
  args: { subject: v.string() },
  handler: async (ctx, { subject }) =>
    await ctx.db.insert("users", { subject }),
});

export const current = internalQuery({
  args: {},
  handler: async (ctx) => (await callerOf(ctx))._id,
});
