import { v } from "convex/values";
import { adminMutation, adminQuery } from "../lib/functions";
import { audit } from "../lib/activity";

const fields = {
  name: v.string(),
  provider: v.string(),
  contextWindow: v.number(),
  inputPrice: v.number(),
  outputPrice: v.number(),
  vision: v.boolean(),
};

export const listAll = adminQuery({
  args: {},
  handler: async (ctx) => await ctx.db.query("models").collect(),
});

export const upsert = adminMutation({
  args: { slug: v.string(), ...fields },
  handler: async (ctx, args) => {
    const existing = await ctx.db
      .query("models")
      .withIndex("by_slug", (q) => q.eq("slug", args.slug))
      .unique();
    const updatedAt = Date.now();
    if (existing) await ctx.db.patch(existing._id, { ...args, updatedAt });
    else {
      await ctx.db.insert("models", { ...args, status: "beta", updatedAt });
    }
    await audit(ctx, ctx.admin._id, "models.upsert", args.slug, args);
  },
});

const setStatus = (status: "active" | "retired") =>
  adminMutation({
    args: { modelId: v.id("models") },
    handler: async (ctx, { modelId }) => {
      await ctx.db.patch(modelId, { status, updatedAt: Date.now() });
      await audit(ctx, ctx.admin._id, `models.${status}`, modelId);
    },
  });

export const activate = setStatus("active");
export const retire = setStatus("retired");
