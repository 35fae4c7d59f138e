import { v } from "convex/values";
import { query } from "../_generated/server";
import { getUser } from "../lib/users";
const limits: number[] = [];
function limit(n: number) {
  limits.push(n);
}
limit(3);
class Sum {
  all = 0;
  add(n: number) {
    this.all += n;
  }
}

export const all = query({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    const user = await getUser(ctx);
    let total = 0;
    const sum = new Sum();
    for (const n of limits) sum.add(n);
    limits.forEach((n) => {
      total += n;
    });
    const words: string[] = [];
    words.push(args.text);
    if (total !== 3 || sum.all !== 3 || words.length !== 1) throw new Error("lost");
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
