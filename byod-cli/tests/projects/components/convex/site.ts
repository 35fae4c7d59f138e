import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { lengths, visits } from "./lib/counts";

/** Of nobody's tables: on main for everybody. */
export const longestOfAll = query({
  args: {},
  handler: async (ctx) => await lengths.max(ctx),
});

export const visit = mutation({
  args: { page: v.string() },
  handler: async (ctx, { page }) => await visits.inc(ctx, page),
});
