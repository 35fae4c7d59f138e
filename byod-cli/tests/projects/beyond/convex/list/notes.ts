import { v } from "convex/values";
import { query } from "../_generated/server";
import { getUser } from "../lib/users";
const seen: string[] = [];

export const all = query({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    const user = await getUser(ctx);
    seen.push(args.text);
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
