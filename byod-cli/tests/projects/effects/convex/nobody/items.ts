import { query } from "../_generated/server";
import { getNobody } from "../lib/users";

export const all = query({
  args: {},
  handler: async (ctx) => {
    const user = await getNobody(ctx);
    if (user === null) return "closed";
    return await ctx.db
      .query("items")
      .filter((q) => q.eq(q.field("userId"), user._id))
      .collect();
  },
});
