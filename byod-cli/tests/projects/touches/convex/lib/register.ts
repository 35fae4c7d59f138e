import { checks } from "./model";

checks.push(async (ctx) => {
  await ctx.db.insert("counters", { userId: "" as any, notes: 1 });
});
