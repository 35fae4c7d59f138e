import { userQuery } from "../lib/fn";

export const all = userQuery({
  args: {},
  handler: async (ctx: any) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity.emailVerified) throw new Error("Verify");
    const mine = ctx.db
      .query("items")
      .filter((q: any) => q.eq(q.field("userId"), ctx.user._id));
    return await mine.collect();
  },
});
