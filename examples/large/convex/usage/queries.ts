import { v } from "convex/values";
import type { Doc, Id } from "~/convex/_generated/dataModel";
import { query, type QueryCtx } from "~/convex/_generated/server";
import { countMessagesSince } from "~/convex/lib/aggregates";
import { requireUser } from "~/convex/lib/auth";
import { DAY_MS, dayOf } from "@/lib/tokens";

const range = { from: v.string(), to: v.string() };

async function rowsBetween(
  ctx: QueryCtx,
  userId: Id<"users">,
  from: string,
  to: string,
): Promise<Doc<"tokenUsage">[]> {
  return await ctx.db
    .query("tokenUsage")
    .withIndex("by_user_date", (q) =>
      q.eq("userId", userId).gte("date", from).lte("date", to),
    )
    .collect();
}

function sumBy(
  rows: Doc<"tokenUsage">[],
  key: "date" | "model" | "feature",
): { key: string; tokens: number; cost: number }[] {
  const sums = new Map<string, { tokens: number; cost: number }>();
  for (const row of rows) {
    const sum = sums.get(row[key]) ?? { tokens: 0, cost: 0 };
    sum.tokens += row.inputTokens + row.outputTokens;
    sum.cost += row.cost;
    sums.set(row[key], sum);
  }
  return [...sums].map(([key, sum]) => ({ key, ...sum }));
}

export const byDay = query({
  args: range,
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    return sumBy(await rowsBetween(ctx, user._id, args.from, args.to), "date");
  },
});

export const byModel = query({
  args: range,
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    return sumBy(await rowsBetween(ctx, user._id, args.from, args.to), "model");
  },
});

export const byFeature = query({
  args: range,
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const rows = await rowsBetween(ctx, user._id, args.from, args.to);
    return sumBy(rows, "feature");
  },
});

export const total = query({
  args: range,
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const rows = await rowsBetween(ctx, user._id, args.from, args.to);
    return rows.reduce(
      (sum, row) => ({
        calls: sum.calls + row.calls,
        tokens: sum.tokens + row.inputTokens + row.outputTokens,
        cost: sum.cost + row.cost,
      }),
      { calls: 0, tokens: 0, cost: 0 },
    );
  },
});

/** The dearest conversations. */
export const topConversations = query({
  args: { limit: v.optional(v.number()) },
  handler: async (ctx, { limit = 5 }) => {
    const user = await requireUser(ctx);
    const conversations = await ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .take(200);
    const counted = await Promise.all(
      conversations.map(async (conversation) => {
        const rows = await ctx.db
          .query("conversationTokenUsage")
          .withIndex("by_conversation", (q) =>
            q.eq("conversationId", conversation._id),
          )
          .collect();
        const tokens = rows.reduce(
          (sum, row) => sum + row.inputTokens + row.outputTokens,
          0,
        );
        return { id: conversation._id, title: conversation.title, tokens };
      }),
    );
    return counted.sort((a, b) => b.tokens - a.tokens).slice(0, limit);
  },
});

/** Days in a row with at least one call, up to today. */
export const streak = query({
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const now = Date.now();
    const rows = await rowsBetween(
      ctx,
      user._id,
      dayOf(now - 365 * DAY_MS),
      dayOf(now),
    );
    const days = new Set(rows.map((row) => row.date));
    let streak = 0;
    while (days.has(dayOf(now - streak * DAY_MS))) streak += 1;
    return streak;
  },
});

/** What the month has cost, as a share of the plan's allowance. */
export const monthAgainstPlan = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const today = dayOf(Date.now());
    const rows = await rowsBetween(
      ctx,
      user._id,
      `${today.slice(0, 7)}-01`,
      today,
    );
    const plan = await ctx.db
      .query("plans")
      .withIndex("by_slug", (q) => q.eq("slug", user.plan))
      .unique();
    const tokens = rows.reduce(
      (sum, row) => sum + row.inputTokens + row.outputTokens,
      0,
    );
    return { tokens, allowance: plan?.monthlyTokens ?? 0 };
  },
});

export const messageCount = query({
  args: { days: v.number() },
  handler: async (ctx, { days }) => {
    const user = await requireUser(ctx);
    const since = Date.now() - days * DAY_MS;
    return await countMessagesSince(ctx, user._id, since);
  },
});
