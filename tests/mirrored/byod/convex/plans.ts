// Written by `byod export`.

import { v } from "convex/values";
import { ownerQuery } from "./byod/owner";
import { requireActive } from "./lib/auth";

/** How many notes are left of what the plan allows. */
export const left = ownerQuery({
  args: {},
  returns: v.union(v.number(), v.null()),
  handler: async (ctx) => {
    const user = await requireActive(ctx);
    const plan = await ctx.db
      .query("plans")
      .withIndex("by_slug", (q) => q.eq("slug", user.plan))
      .unique();
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return plan && plan.notes - notes.length;
  },
});

/** What is new, each with the plan that it is about, beside one's last note. */
export const news = ownerQuery({
  args: {},
  handler: async (ctx) => {
    const user = await requireActive(ctx);
    const note = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .first();
    const news = await ctx.db.query("announcements").order("desc").take(3);
    const told = [];
    for (const { title, plan } of news) {
      const about = plan && (await ctx.db.get("plans", plan));
      told.push(about ? `${title} (${about.slug})` : title);
    }
    return { last: note?.title ?? null, told };
  },
});
