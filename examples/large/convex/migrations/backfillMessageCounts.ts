import { internal } from "../_generated/api";
import { internalMutation } from "../_generated/server";
import { addMessageToCount } from "../lib/aggregates";

const NAME = "backfill message counts";

/** Fills the aggregate with the messages from before it. */
export const run = internalMutation({
  args: {},
  handler: async (ctx) => {
    const row = await ctx.db
      .query("migrations")
      .withIndex("by_name", (q) => q.eq("name", NAME))
      .unique();
    if (row?.status === "done") return;
    const page = await ctx.db
      .query("messages")
      .paginate({ cursor: row?.cursor ?? null, numItems: 200 });
    for (const message of page.page) await addMessageToCount(ctx, message);
    const state = {
      name: NAME,
      status: page.isDone ? ("done" as const) : ("running" as const),
      processed: (row?.processed ?? 0) + page.page.length,
      cursor: page.continueCursor,
    };
    if (row) await ctx.db.replace(row._id, state);
    else await ctx.db.insert("migrations", state);
    if (!page.isDone) {
      await ctx.scheduler.runAfter(
        0,
        internal.migrations.backfillMessageCounts.run,
        {},
      );
    }
  },
});
