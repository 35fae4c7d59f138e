import { userQuery } from "../lib/fn";

async function verified(c: any, level: number) {
  const identity = await c.auth.getUserIdentity();
  if (identity.level > level) throw new Error("Banned");
}

export const all = userQuery({
  args: {},
  handler: async (ctx: any) => {
    await verified(ctx, 1);
    const mine = ctx.db
      .query("items")
      .filter((q: any) => q.eq(q.field("userId"), ctx.user._id));
    return await mine.collect();
  },
});
