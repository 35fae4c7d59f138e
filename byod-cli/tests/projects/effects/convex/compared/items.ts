import { query } from "../_generated/server";
import { v } from "convex/values";
import { getUser } from "../lib/users";

export const all = query({
  args: { id: v.id("boards") },
  handler: async (ctx, { id }) => {
    const user = await getUser(ctx);
    const board = await ctx.db.get(id);
    return board?.name === user.role ? board : null;
  },
});
