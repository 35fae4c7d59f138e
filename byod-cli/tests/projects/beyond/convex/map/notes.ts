import { v } from "convex/values";
import { query } from "../_generated/server";
import { getUser } from "../lib/users";
const cache = new Map<string, any>();

export const all = query({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    const user = await getUser(ctx);
    const of = await ctx.db.query("notes").collect();
    cache.set("notes", of);
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
