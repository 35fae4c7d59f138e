import { v } from "convex/values";
import { internal } from "./_generated/api";
import {
  action,
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";
import { requirePro, requireUser } from "./lib/auth";
import { randomToken } from "./lib/crypto";

export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const webhooks = await ctx.db
      .query("webhooks")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return webhooks.map(({ secret, ...webhook }) => webhook);
  },
});

export const create = mutation({
  args: { url: v.string(), events: v.array(v.string()) },
  handler: async (ctx, { url, events }) => {
    const user = await requirePro(ctx);
    if (new URL(url).protocol !== "https:") throw new Error("Only https");
    const secret = randomToken(40);
    await ctx.db.insert("webhooks", {
      userId: user._id,
      url,
      events,
      secret,
      enabled: true,
      failures: 0,
      createdAt: Date.now(),
    });
    return secret;
  },
});

export const remove = mutation({
  args: { webhookId: v.id("webhooks") },
  handler: async (ctx, { webhookId }) => {
    const user = await requireUser(ctx);
    const webhook = await ctx.db.get(webhookId);
    if (webhook?.userId !== user._id) throw new Error("Webhook not found");
    const deliveries = await ctx.db
      .query("webhookDeliveries")
      .withIndex("by_webhook", (q) => q.eq("webhookId", webhookId))
      .collect();
    for (const { _id } of deliveries) await ctx.db.delete(_id);
    await ctx.db.delete(webhookId);
  },
});

export const deliveries = query({
  args: { webhookId: v.id("webhooks") },
  handler: async (ctx, { webhookId }) => {
    const user = await requireUser(ctx);
    const webhook = await ctx.db.get(webhookId);
    if (webhook?.userId !== user._id) return [];
    return await ctx.db
      .query("webhookDeliveries")
      .withIndex("by_webhook", (q) => q.eq("webhookId", webhookId))
      .order("desc")
      .take(50);
  },
});

/** "Send a test" in the settings. */
export const test = action({
  args: { webhookId: v.id("webhooks") },
  handler: async (ctx, { webhookId }): Promise<number> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const webhook = await ctx.runQuery(internal.webhooks.get, { webhookId });
    if (webhook?.userId !== userId) throw new Error("Webhook not found");
    const response = await fetch(webhook.url, {
      method: "POST",
      headers: { "X-Parley-Secret": webhook.secret },
      body: JSON.stringify({ event: "test" }),
    });
    await ctx.runMutation(internal.webhooks.recordDelivery, {
      webhookId,
      event: "test",
      responseCode: response.status,
    });
    return response.status;
  },
});

export const get = internalQuery({
  args: { webhookId: v.id("webhooks") },
  handler: async (ctx, { webhookId }) => await ctx.db.get(webhookId),
});

export const recordDelivery = internalMutation({
  args: {
    webhookId: v.id("webhooks"),
    event: v.string(),
    responseCode: v.number(),
  },
  handler: async (ctx, args) => {
    const ok = args.responseCode < 400;
    await ctx.db.insert("webhookDeliveries", {
      ...args,
      status: ok ? "sent" : "failed",
      createdAt: Date.now(),
    });
    const webhook = await ctx.db.get(args.webhookId);
    if (!webhook) return;
    const failures = ok ? 0 : webhook.failures + 1;
    await ctx.db.patch(webhook._id, { failures, enabled: failures < 20 });
  },
});
