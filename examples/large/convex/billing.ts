import { v } from "convex/values";
import { internal } from "./_generated/api";
import {
  action,
  internalMutation,
  internalQuery,
  query,
} from "./_generated/server";
import { notify } from "./lib/activity";
import { requireUser } from "./lib/auth";

/** For the page with the prices; anybody may see it. */
export const plans = query({
  args: {},
  handler: async (ctx) => {
    const plans = await ctx.db.query("plans").collect();
    return plans
      .filter((plan) => plan.active)
      .sort((a, b) => a.priceCents - b.priceCents);
  },
});

export const subscription = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const subscription = await ctx.db
      .query("subscriptions")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .first();
    if (!subscription) return null;
    return { ...subscription, plan: await ctx.db.get(subscription.planId) };
  },
});

export const invoices = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    return await ctx.db
      .query("invoices")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .take(24);
  },
});

async function stripe(path: string, body: Record<string, string>) {
  const response = await fetch(`https://api.stripe.com/v1/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${process.env.STRIPE_SECRET_KEY}` },
    body: new URLSearchParams(body),
  });
  if (!response.ok) throw new Error(`Stripe answered ${response.status}`);
  return await response.json();
}

export const checkout = action({
  args: { plan: v.union(v.literal("pro"), v.literal("team")) },
  handler: async (ctx, { plan }): Promise<string> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const { url } = await stripe("checkout/sessions", {
      mode: "subscription",
      client_reference_id: userId,
      "line_items[0][price]": process.env[`STRIPE_${plan.toUpperCase()}`] ?? "",
      "line_items[0][quantity]": "1",
    });
    return url;
  },
});

export const cancel = action({
  args: {},
  handler: async (ctx): Promise<void> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const externalId = await ctx.runQuery(internal.billing.externalId, {
      userId,
    });
    if (!externalId) throw new Error("Nothing to cancel");
    await stripe(`subscriptions/${externalId}`, {
      cancel_at_period_end: "true",
    });
  },
});

export const externalId = internalQuery({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const subscription = await ctx.db
      .query("subscriptions")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .first();
    return subscription?.externalId ?? null;
  },
});

/** What the payment provider says of a subscription. */
export const syncSubscription = internalMutation({
  args: {
    userId: v.id("users"),
    plan: v.union(v.literal("free"), v.literal("pro"), v.literal("team")),
    externalId: v.string(),
    status: v.union(
      v.literal("active"),
      v.literal("past_due"),
      v.literal("canceled"),
    ),
    currentPeriodEnd: v.number(),
    cancelAtPeriodEnd: v.boolean(),
  },
  handler: async (ctx, { userId, plan, ...fields }) => {
    const row = await ctx.db
      .query("plans")
      .withIndex("by_slug", (q) => q.eq("slug", plan))
      .unique();
    if (!row) throw new Error(`No plan ${plan}`);
    const existing = await ctx.db
      .query("subscriptions")
      .withIndex("by_external", (q) => q.eq("externalId", fields.externalId))
      .unique();
    if (existing) {
      await ctx.db.patch(existing._id, { ...fields, planId: row._id });
    } else {
      await ctx.db.insert("subscriptions", {
        ...fields,
        userId,
        planId: row._id,
      });
    }
    const active = fields.status === "active";
    await ctx.db.patch(userId, {
      plan: active ? plan : "free",
      updatedAt: Date.now(),
    });
    if (!active) {
      await notify(ctx, userId, {
        kind: "system",
        title: "Your subscription has ended",
        link: "/settings/billing",
      });
    }
  },
});
