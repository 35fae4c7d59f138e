import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { requireAdmin } from "./lib/auth";

export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("labels").collect(),
});
// Only admins may.
export const rename = mutation({
  args: { id: v.id("labels"), name: v.string() },
  handler: async (ctx, { id, name }) => {
    await requireAdmin(ctx);
    await ctx.db.patch(id, { name });
  },
});
export const wipe = mutation({
  args: {},
  handler: async (ctx) => {
    await requireAdmin(ctx);
    for (const label of await ctx.db.query("labels").collect())
      await ctx.db.delete(label._id);
  },
});
// Only here is who the admin is written down.
export const log = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const admin = await requireAdmin(ctx);
    await ctx.db.insert("conversations", { title: name, userId: admin._id });
    return await ctx.db.insert("labels", { name });
  },
});
