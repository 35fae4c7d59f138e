import { v } from "convex/values";
import { internalMutation, mutation, query } from "./_generated/server";
import { requireActive } from "./lib/auth";

/** What a plan allows; there are few, and everybody may know them. */
export const set = mutation({
  args: { slug: v.string(), notes: v.number() },
  returns: v.null(),
  handler: async (ctx, { slug, notes }) => {
    await requireActive(ctx);
    const plan = await ctx.db
      .query("plans")
      .withIndex("by_slug", (q) => q.eq("slug", slug))
      .unique();
    if (plan) await ctx.db.patch(plan._id, { notes });
    else await ctx.db.insert("plans", { slug, notes, cost: 7 });
    return null;
  },
});

export const announce = internalMutation({
  args: { titles: v.array(v.string()), plan: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { titles, plan }) => {
    const of = await ctx.db
      .query("plans")
      .withIndex("by_slug", (q) => q.eq("slug", plan ?? ""))
      .unique();
    for (const title of titles) {
      await ctx.db.insert("announcements", { title, plan: of?._id });
    }
    return null;
  },
});

/** How many notes are left of what the plan allows. */
export const left = query({
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
export const news = query({
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
      const about = plan && (await ctx.db.get(plan));
      told.push(about ? `${title} (${about.slug})` : title);
    }
    return { last: note?.title ?? null, told };
  },
});
