import { defineTable } from "convex/server";
import { v } from "convex/values";
import { planSlug } from "./accounts";

export const billingTables = {
  plans: defineTable({
    slug: planSlug,
    name: v.string(),
    priceCents: v.number(),
    monthlyTokens: v.number(),
    monthlyBudget: v.number(),
    active: v.boolean(),
  }).index("by_slug", ["slug"]),

  subscriptions: defineTable({
    userId: v.id("users"),
    planId: v.id("plans"),
    externalId: v.string(),
    status: v.union(
      v.literal("active"),
      v.literal("past_due"),
      v.literal("canceled"),
    ),
    currentPeriodEnd: v.number(),
    cancelAtPeriodEnd: v.boolean(),
  })
    .index("by_user", ["userId"])
    .index("by_external", ["externalId"]),

  invoices: defineTable({
    userId: v.id("users"),
    subscriptionId: v.id("subscriptions"),
    externalId: v.string(),
    amountCents: v.number(),
    paidAt: v.optional(v.number()),
    url: v.optional(v.string()),
  })
    .index("by_user", ["userId"])
    .index("by_external", ["externalId"]),
};
