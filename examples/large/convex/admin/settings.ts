import { v } from "convex/values";
import { query } from "../_generated/server";
import { audit } from "../lib/activity";
import { adminMutation, adminQuery } from "../lib/functions";

const PUBLIC = ["maintenance", "signupsOpen", "statusMessage"];

export const getPublic = query({
  handler: async (ctx) => {
    const rows = await ctx.db.query("adminSettings").collect();
    return Object.fromEntries(
      rows
        .filter((row) => PUBLIC.includes(row.key))
        .map((row) => [row.key, row.value]),
    );
  },
});

export const getAll = adminQuery({
  args: {},
  handler: async (ctx) => await ctx.db.query("adminSettings").collect(),
});

export const set = adminMutation({
  args: { key: v.string(), value: v.any() },
  handler: async (ctx, { key, value }) => {
    const row = await ctx.db
      .query("adminSettings")
      .withIndex("by_key", (q) => q.eq("key", key))
      .unique();
    const fields = { value, updatedBy: ctx.admin._id, updatedAt: Date.now() };
    if (row) await ctx.db.patch(row._id, fields);
    else await ctx.db.insert("adminSettings", { key, ...fields });
    await audit(ctx, ctx.admin._id, "settings.set", key, value);
  },
});

export const setFlag = adminMutation({
  args: { key: v.string(), enabled: v.boolean(), rollout: v.number() },
  handler: async (ctx, args) => {
    const flag = await ctx.db
      .query("featureFlags")
      .withIndex("by_key", (q) => q.eq("key", args.key))
      .unique();
    if (flag) await ctx.db.replace(flag._id, args);
    else await ctx.db.insert("featureFlags", args);
    await audit(ctx, ctx.admin._id, "flags.set", args.key, args);
  },
});
