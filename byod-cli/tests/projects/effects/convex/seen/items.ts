import { v } from "convex/values";
import { mutation } from "../_generated/server";
import { getUser } from "../lib/users";

export const all = mutation({
  args: { profile: v.object({ name: v.string() }) },
  handler: async (ctx, { profile }) => {
    const user = await getUser(ctx);
    await ctx.db.patch(user._id, profile);
  },
});
