import { v } from "convex/values";
import { mutation, query, type MutationCtx } from "./_generated/server";
import { getCurrentUser, requireUser } from "./lib/auth";

const STEPS = ["profile", "model", "first-message", "tour"];

async function rowOf(ctx: MutationCtx) {
  const user = await requireUser(ctx);
  const row = await ctx.db
    .query("userOnboarding")
    .withIndex("by_user", (q) => q.eq("userId", user._id))
    .unique();
  if (row) return row;
  const id = await ctx.db.insert("userOnboarding", {
    userId: user._id,
    steps: [],
    dismissedTips: [],
    updatedAt: Date.now(),
  });
  return (await ctx.db.get(id))!;
}

export const state = query({
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    if (!user) return null;
    const row = await ctx.db
      .query("userOnboarding")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .unique();
    const done = row?.steps ?? [];
    return { done, next: STEPS.find((step) => !done.includes(step)) ?? null };
  },
});

export const completeStep = mutation({
  args: { step: v.string() },
  handler: async (ctx, { step }) => {
    if (!STEPS.includes(step)) throw new Error(`No such step: ${step}`);
    const row = await rowOf(ctx);
    const steps = [...new Set([...row.steps, step])];
    const updatedAt = Date.now();
    await ctx.db.patch(row._id, {
      steps,
      updatedAt,
      completedAt: steps.length === STEPS.length ? updatedAt : undefined,
    });
  },
});

export const dismissTip = mutation({
  args: { tip: v.string() },
  handler: async (ctx, { tip }) => {
    const row = await rowOf(ctx);
    if (row.dismissedTips.includes(tip)) return;
    await ctx.db.patch(row._id, {
      dismissedTips: [...row.dismissedTips, tip],
      updatedAt: Date.now(),
    });
  },
});
