import { userQuery } from "../lib/fn";

class Checks {
  constructor(private ctx: any) {}
  check(level: number) {
    if (this.ctx.user.level < level) throw new Error("Not yet");
  }
}

export const all = userQuery({
  args: {},
  handler: async (ctx: any) => {
    new Checks(ctx).check(1);
    const mine = ctx.db
      .query("items")
      .filter((q: any) => q.eq(q.field("userId"), ctx.user._id));
    return await mine.collect();
  },
});
