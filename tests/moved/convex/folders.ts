import { v } from "convex/values";
import { mutation } from "./_generated/server";
import { requireUser } from "./lib/auth";

export const create = mutation({
  args: { name: v.string() },
  returns: v.id("folders"),
  handler: async (ctx, { name }) => {
    const user = await requireUser(ctx);
    const folder = { userId: user._id, name, madeAt: 7 };
    return await ctx.db.insert("folders", folder);
  },
});
