import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { getCurrentUser, requireUser } from "./lib/auth";
import { adminMutation } from "./lib/functions";

/** What the user has not seen yet. */
export const unseen = query({
  args: {},
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const now = Date.now();
    const published = await ctx.db
      .query("announcements")
      .withIndex("by_published", (q) =>
        q.gt("publishedAt", user.createdAt).lt("publishedAt", now),
      )
      .order("desc")
      .take(10);
    const reads = await ctx.db
      .query("announcementReads")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    const seen = new Set(reads.map((read) => read.announcementId));
    return published.filter(
      ({ _id, expiresAt }) => !seen.has(_id) && (expiresAt ?? now) >= now,
    );
  },
});

export const markSeen = mutation({
  args: { announcementId: v.id("announcements") },
  handler: async (ctx, { announcementId }) => {
    const user = await requireUser(ctx);
    const existing = await ctx.db
      .query("announcementReads")
      .withIndex("by_announcement_user", (q) =>
        q.eq("announcementId", announcementId).eq("userId", user._id),
      )
      .unique();
    if (existing) return;
    await ctx.db.insert("announcementReads", {
      announcementId,
      userId: user._id,
      readAt: Date.now(),
    });
  },
});

const lifecycle = {
  draft: adminMutation({
    args: { title: v.string(), body: v.string() },
    handler: async (ctx, args) =>
      await ctx.db.insert("announcements", {
        ...args,
        authorId: ctx.admin._id,
      }),
  }),
  publish: adminMutation({
    args: { id: v.id("announcements"), expiresAt: v.optional(v.number()) },
    handler: async (ctx, { id, expiresAt }) => {
      await ctx.db.patch(id, { publishedAt: Date.now(), expiresAt });
    },
  }),
  withdraw: adminMutation({
    args: { id: v.id("announcements") },
    handler: async (ctx, { id }) => {
      await ctx.db.patch(id, { publishedAt: undefined });
    },
  }),
};

export const { draft, publish, withdraw } = lifecycle;
