import { userQuery } from "../lib/fn";

function check(c: any, level: number) {
  if (c.user.level < level) throw new Error("Not yet");
}

export const all = userQuery({
  args: {},
  handler: async (ctx: any) => {
    check(ctx, 1);
    const mine = ctx.db
      .query("items")
      .filter((q: any) => q.eq(q.field("userId"), ctx.user._id));
    return await mine.collect();
  },
});
