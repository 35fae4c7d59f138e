import { userQuery } from "../lib/fn";

export const all = userQuery({
  args: {},
  handler: async (ctx: any) => {
    if (ctx["user"].role === "banned") throw new Error("Banned");
    const mine = ctx.db
      .query("items")
      .filter((q: any) => q.eq(q.field("userId"), ctx.user._id));
    return await mine.collect();
  },
});
