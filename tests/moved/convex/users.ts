import { v } from "convex/values";
import { internalMutation } from "./_generated/server";

export const register = internalMutation({
  args: { subject: v.string() },
  returns: v.id("users"),
  handler: async (ctx, { subject }) =>
    await ctx.db.insert("users", { subject }),
});
