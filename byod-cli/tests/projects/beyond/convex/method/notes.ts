import { v } from "convex/values";
import { userQuery } from "../lib/users";
class Rules {
  static async check(c: any) {
    if (c.user.level < 3) throw new Error("Not yet");
  }
}

export const all = userQuery({
  args: { text: v.string() },
  handler: async (ctx: any, args: any) => {
    await Rules.check(ctx);
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q: any) => q.eq("userId", ctx.user._id))
      .collect();
  },
});
