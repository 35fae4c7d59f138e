import { v } from "convex/values";
import { query } from "../_generated/server";
import { getUser } from "../lib/users";
let last: unknown;

export const all = query({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    const user = await getUser(ctx);
    last = user._id;
    if (last === null) throw new Error("never");
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
