import { v } from "convex/values";
import { mutation } from "./_generated/server";
import { me } from "./user";
// Not named after a table: always on main.
export const send = mutation({
  args: { conversationId: v.id("conversations"), content: v.string() },
  handler: async (ctx, args) => await ctx.db.insert("messages", { ...args, userId: (await me(ctx))._id }),
});
