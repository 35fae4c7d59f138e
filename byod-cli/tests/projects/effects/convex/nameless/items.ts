import { query } from "../_generated/server";
import { makeFunctionReference } from "convex/server";

export const all = query({
  args: {},
  handler: async (ctx): Promise<any> =>
    await ctx.runQuery(makeFunctionReference<"query">("lib/users:all"), {}),
});
