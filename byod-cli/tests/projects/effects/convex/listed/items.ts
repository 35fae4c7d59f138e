import { query } from "../_generated/server";
import { getAdmin } from "../lib/users";

export const all = query({
  args: {},
  handler: async (ctx) => {
    const admin = await getAdmin(ctx);
    const mine = ctx.db
      .query("items")
      .filter((q) => q.eq(q.field("userId"), admin.subject as any));
    return await mine.collect();
  },
});
