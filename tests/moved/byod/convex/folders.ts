// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation } from "./byod/owner";
import { requireUser } from "./lib/auth";

export const create = ownerMutation({
  args: { name: v.string() },
  returns: v.id("folders"),
  handler: async (ctx, { name }) => {
    const user = await requireUser(ctx);
    const folder = { userId: user._id, name, madeAt: 7 };
    return await ctx.db.insert("folders", folder);
  },
});
