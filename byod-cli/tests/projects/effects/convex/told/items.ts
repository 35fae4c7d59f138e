import { query } from "../_generated/server";
import {
  customCtx,
  customQuery,
} from "convex-helpers/server/customFunctions";
import { getUser } from "../lib/users";

const signedIn = customQuery(
  query,
  customCtx(async (ctx) => ({ user: await getUser(ctx) })),
);

export const all = signedIn({
  args: {},
  handler: async (ctx) => {
    const mine = ctx.db
      .query("items")
      .filter((q) => q.eq(q.field("userId"), ctx.user._id));
    return await mine.collect();
  },
});
