import { v } from "convex/values";
import { query } from "../_generated/server";
import { getUser } from "../lib/users";
function memory() {
  let last: string | undefined;
  return (text: string) => {
    const before = last;
    last = text;
    return before;
  };
}
const before = memory();

export const all = query({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    const user = await getUser(ctx);
    before(args.text);
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
