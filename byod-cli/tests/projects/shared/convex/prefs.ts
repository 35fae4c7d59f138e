import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { getUser } from "./lib/auth";
export const put = mutation({
  args: { value: v.string() },
  handler: async (ctx, { value }) => {
    const user = await getUser(ctx);
    return await ctx.db.insert("prefs", { value, owner: { userId: user._id } });
  },
});
export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await getUser(ctx);
    return (await ctx.db.query("prefs").collect()).filter(
      (p) => p.owner.userId === user._id,
    );
  },
});
export const get = query({
  args: { id: v.id("prefs") },
  handler: async (ctx, { id }) => {
    const user = await getUser(ctx);
    const found = await ctx.db.get(id);
    return found?.owner.userId === user._id ? found : null;
  },
});
