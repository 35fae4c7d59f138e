import { mutation } from "./_generated/server";
import { checks } from "./lib/model";
import "./lib/register";

// What a module registers when it is loaded.
export const checked = mutation({
  args: {},
  handler: async (ctx) => {
    for (const check of checks) await check(ctx);
  },
});
