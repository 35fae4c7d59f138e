import { query } from "../_generated/server";
import { requireMember } from "acme-auth";

export const all = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireMember(ctx);
    const mine = ctx.db
      .query("items")
      .filter((q) => q.eq(q.field("userId"), user._id));
    return await mine.collect();
  },
});
