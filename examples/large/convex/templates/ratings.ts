import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import { requireUser } from "../lib/auth";

export const rate = mutation({
  args: { templateId: v.id("templates"), rating: v.number() },
  handler: async (ctx, { templateId, rating }) => {
    const user = await requireUser(ctx);
    if (![1, 2, 3, 4, 5].includes(rating)) throw new Error("One to five");
    const template = await ctx.db.get(templateId);
    if (!template?.isPublic) throw new Error("Template not found");
    const existing = await ctx.db
      .query("templateRatings")
      .withIndex("by_user_template", (q) =>
        q.eq("userId", user._id).eq("templateId", templateId),
      )
      .unique();
    if (existing) await ctx.db.patch(existing._id, { rating });
    else {
      await ctx.db.insert("templateRatings", {
        templateId,
        userId: user._id,
        rating,
      });
    }
  },
});

export const average = query({
  args: { templateId: v.id("templates") },
  handler: async (ctx, { templateId }) => {
    const ratings = await ctx.db
      .query("templateRatings")
      .withIndex("by_template", (q) => q.eq("templateId", templateId))
      .collect();
    if (ratings.length === 0) return null;
    const sum = ratings.reduce((sum, { rating }) => sum + rating, 0);
    return { average: sum / ratings.length, count: ratings.length };
  },
});
