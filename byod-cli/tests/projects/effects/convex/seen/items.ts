import { mutation } from "../_generated/server";
import { getUser } from "../lib/users";

export const all = mutation({
  args: {},
  handler: async (ctx) => {
    const user = await getUser(ctx);
    await ctx.db.patch(user._id, { name: "seen" });
  },
});
