import { v } from "convex/values";
import { mutation, query, type QueryCtx } from "~/convex/_generated/server";
import type { Id } from "~/convex/_generated/dataModel";
import { notify } from "~/convex/lib/activity";
import { requireUser } from "~/convex/lib/auth";
import { getPreference } from "~/convex/lib/preferences";
import { dayOf } from "@/lib/tokens";

async function spentThisMonth(ctx: QueryCtx, userId: Id<"users">) {
  const month = dayOf(Date.now()).slice(0, 7);
  const rows = await ctx.db
    .query("tokenUsage")
    .withIndex("by_user_date", (q) =>
      q.eq("userId", userId).gte("date", `${month}-01`),
    )
    .collect();
  return rows.reduce((sum, row) => sum + row.cost, 0);
}

export const status = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const budget = await getPreference(ctx, user._id, "monthlyBudget");
    const spent = await spentThisMonth(ctx, user._id);
    return { budget, spent, over: budget > 0 && spent > budget };
  },
});

/** The client calls this after an answer; a row under the bell if it's too much. */
export const check = mutation({
  args: { warnAt: v.optional(v.number()) },
  handler: async (ctx, { warnAt = 0.8 }) => {
    const user = await requireUser(ctx);
    const budget = await getPreference(ctx, user._id, "monthlyBudget");
    if (budget === 0) return;
    const share = (await spentThisMonth(ctx, user._id)) / budget;
    if (share < warnAt) return;
    await notify(ctx, user._id, {
      kind: "budget",
      title: `${Math.round(share * 100)} % of this month's budget is used`,
    });
  },
});
