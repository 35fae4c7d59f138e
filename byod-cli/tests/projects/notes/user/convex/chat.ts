// Written by `byod export`.

import { ownerQuery } from "./byod/owner";

export const recent = ownerQuery({
  args: {},
  handler: async (ctx) => await ctx.db.query("notes").take(3),
});
