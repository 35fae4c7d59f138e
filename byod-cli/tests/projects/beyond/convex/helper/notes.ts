import { v } from "convex/values";
import { query } from "../_generated/server";
import { getUser } from "../lib/users";
let who: string | undefined;
function remember(id: string) {
  who = id;
  return who;
}

export const all = query({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    const user = await getUser(ctx);
    remember(user._id);
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
