import { query } from "../_generated/server";
import { getUser } from "../lib/users";

export const all = query({
  args: {},
  handler: async (ctx) => {
    const user = await getUser(ctx);
    const ask = getUser;
    if ((await ask(ctx)).role === "banned") throw new Error("Banned");
    const mine = ctx.db
      .query("items")
      .filter((q) => q.eq(q.field("userId"), user._id));
    return await mine.collect();
  },
});
