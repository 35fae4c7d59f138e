import { v } from "convex/values";
import { userQuery } from "../lib/users";
const checks: ((ctx: any) => Promise<void>)[] = [
  async (ctx) => {
    const notes = await ctx.db.query("notes").collect();
    if (notes.length > 3) throw new Error("Too many");
  },
];

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
