"use node";

import { api } from "./_generated/api";
import { action } from "./_generated/server";

/** Convex's own builder: all that it asks for stays on main. */
export const all = action({
  args: {},
  handler: async (ctx): Promise<string[]> =>
    await ctx.runQuery(api.notes.list, {}),
});
