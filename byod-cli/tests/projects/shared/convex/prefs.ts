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
// Changed between the call and the writing.
export const putLater = mutation({
  args: { value: v.string(), later: v.string() },
  handler: async (ctx, { value, later }) => {
    const user = await getUser(ctx);
    const owner: any = { userId: user._id };
    const writing = ctx.db.insert("prefs", { value, owner });
    owner.userId = later;
    return await writing;
  },
});
