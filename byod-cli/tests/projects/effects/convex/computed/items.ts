import { query } from "../_generated/server";

const TABLES = ["items", "users"] as const;

export const all = query({
  args: {},
  handler: async (ctx) => {
    const counts = [];
    for (const table of TABLES) {
      counts.push((await ctx.db.query(table).collect()).length);
    }
    return counts;
  },
});
