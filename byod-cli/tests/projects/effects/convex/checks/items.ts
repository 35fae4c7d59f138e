import { query } from "../_generated/server";
import {
  customCtx,
  customQuery,
} from "convex-helpers/server/customFunctions";
import { getUser } from "../lib/users";

const admins = customQuery(
  query,
  customCtx(async (ctx) => {
    const user = await getUser(ctx);
    if (user.role !== "admin") throw new Error("Admins only");
    return { user };
  }),
);

export const all = admins({
  args: {},
  handler: async (ctx) => {
    const all = await ctx.db.query("items").collect();
    return all.filter((item) => item.userId === ctx.user._id);
  },
});
