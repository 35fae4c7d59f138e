import { userQuery } from "../lib/fn";

async function verified({ auth }: any) {
  const identity = await auth.getUserIdentity();
  if (identity.banned) throw new Error("Banned");
}

export const all = userQuery({
  args: {},
  handler: async (ctx: any) => {
    await verified({ auth: ctx.auth });
    const mine = ctx.db
      .query("items")
      .filter((q: any) => q.eq(q.field("userId"), ctx.user._id));
    return await mine.collect();
  },
});
