import { v } from "convex/values";
import { mutation } from "./_generated/server";
import { requireUser } from "./lib/auth";

const chosen = { model: v.string(), tone: v.string() };

export const set = mutation({
  args: chosen,
  returns: v.null(),
  handler: async (ctx, chosen) => {
    const user = await requireUser(ctx);
    const known = await ctx.db
      .query("userPreferences")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .unique();
    if (known) await ctx.db.patch(known._id, chosen);
    else await ctx.db.insert("userPreferences", { userId: user._id, ...chosen });
    return null;
  },
});
