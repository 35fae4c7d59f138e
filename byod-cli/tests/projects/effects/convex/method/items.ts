import { userQuery } from "../lib/fn";

export const all = userQuery({
  args: {},
  handler: async (ctx: any) => {
    const notes = await ctx.db.query("notes").collect();
    await ctx.db["get"](notes[0].userId);
    const mine = ctx.db
      .query("items")
      .filter((q: any) => q.eq(q.field("userId"), ctx.user._id));
    return await mine.collect();
  },
});
