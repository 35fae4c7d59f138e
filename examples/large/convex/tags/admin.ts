import { v } from "convex/values";
import { adminMutation, adminQuery } from "../lib/functions";

/** The tags that most people have, over all users. */
export const popular = adminQuery({
  args: { limit: v.optional(v.number()) },
  handler: async (ctx, { limit = 50 }) => {
    const users = new Map<string, Set<string>>();
    for await (const tag of ctx.db.query("tags")) {
      const having = users.get(tag.slug) ?? new Set();
      users.set(tag.slug, having.add(tag.userId));
    }
    return [...users]
      .map(([slug, having]) => ({ slug, users: having.size }))
      .sort((a, b) => b.users - a.users)
      .slice(0, limit);
  },
});

export const usersOf = adminQuery({
  args: { slug: v.string() },
  handler: async (ctx, { slug }) => {
    const tags = await ctx.db
      .query("tags")
      .withIndex("by_slug", (q) => q.eq("slug", slug))
      .take(100);
    return await Promise.all(
      tags.map(async (tag) => {
        const user = await ctx.db.get(tag.userId);
        return { email: user?.email, uses: tag.usageCount };
      }),
    );
  },
});

/** Counts again how often every tag is used. */
export const recount = adminMutation({
  args: { slug: v.string() },
  handler: async (ctx, { slug }) => {
    const tags = await ctx.db
      .query("tags")
      .withIndex("by_slug", (q) => q.eq("slug", slug))
      .collect();
    for (const tag of tags) {
      let usageCount = 0;
      for (const table of [
        "conversationTags",
        "noteTags",
        "taskTags",
        "bookmarkTags",
        "snippetTags",
      ] as const) {
        const joins = await ctx.db
          .query(table)
          .withIndex("by_tag", (q) => q.eq("tagId", tag._id))
          .collect();
        usageCount += joins.length;
      }
      await ctx.db.patch(tag._id, { usageCount });
    }
    await ctx.db.insert("auditLogs", {
      actorId: ctx.admin._id,
      action: "tags.recount",
      target: slug,
      createdAt: Date.now(),
    });
  },
});
