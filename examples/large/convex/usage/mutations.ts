import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation } from "../_generated/server";
import { usageFeature } from "../schema/usage";
import { costOf } from "@/lib/models";
import { dayOf } from "@/lib/tokens";

/** One call of a model: the day's row, the conversation's, the profile's. */
export const record = internalMutation({
  args: {
    userId: v.id("users"),
    conversationId: v.optional(v.id("conversations")),
    model: v.string(),
    feature: usageFeature,
    inputTokens: v.number(),
    outputTokens: v.number(),
  },
  handler: async (ctx, args) => {
    const { userId, model, feature, inputTokens, outputTokens } = args;
    const date = dayOf(Date.now());
    const cost = costOf(model, inputTokens, outputTokens);
    const row = await ctx.db
      .query("tokenUsage")
      .withIndex("by_user_day_model", (q) =>
        q
          .eq("userId", userId)
          .eq("date", date)
          .eq("model", model)
          .eq("feature", feature),
      )
      .unique();
    if (row) {
      await ctx.db.patch(row._id, {
        inputTokens: row.inputTokens + inputTokens,
        outputTokens: row.outputTokens + outputTokens,
        cost: row.cost + cost,
        calls: row.calls + 1,
      });
    } else {
      await ctx.db.insert("tokenUsage", { ...args, date, cost, calls: 1 });
    }
    if (args.conversationId) {
      await ctx.runMutation(internal.conversations.tokens.add, {
        conversationId: args.conversationId,
        model,
        inputTokens,
        outputTokens,
      });
    }
    await ctx.scheduler.runAfter(0, internal.users.stats.increment, {
      userId,
      tokens: inputTokens + outputTokens,
    });
  },
});
