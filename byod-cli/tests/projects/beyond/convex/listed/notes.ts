import { v } from "convex/values";
import { userQuery } from "../lib/users";
async function grown(c: any) {
  if (c.user.level < 3) throw new Error("Not yet");
}
const checks = [grown];

export const all = userQuery({
  args: { text: v.string() },
  handler: async (ctx: any, args: any) => {
    for (const check of checks) await check(ctx);
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q: any) => q.eq("userId", ctx.user._id))
      .collect();
  },
});
