import { v } from "convex/values";
import { query } from "../_generated/server";
import { getUser } from "../lib/users";
class Cache {
  last = "";
  put(text: string) {
    this.last = text;
  }
}
const cache = new Cache();

export const all = query({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    const user = await getUser(ctx);
    cache.put(args.text);
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
