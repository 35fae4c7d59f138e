import { v } from "convex/values";
import { query } from "../_generated/server";
import { assertOwner } from "../lib/access";
import { getCurrentUser, requireUser } from "../lib/auth";
import { slugify } from "@/lib/slug";

export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    return await ctx.db
      .query("tags")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .collect();
  },
});

export const bySlug = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const user = await requireUser(ctx);
    return await ctx.db
      .query("tags")
      .withIndex("by_user_slug", (q) =>
        q.eq("userId", user._id).eq("slug", slugify(name)),
      )
      .unique();
  },
});

/** What to offer while one types. */
export const suggest = query({
  args: { prefix: v.string() },
  handler: async (ctx, { prefix }) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const slug = slugify(prefix);
    return await ctx.db
      .query("tags")
      .withIndex("by_user_slug", (q) =>
        q.eq("userId", user._id).gte("slug", slug).lt("slug", `${slug}\uffff`),
      )
      .take(8);
  },
});

export const tree = query({
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const tags = await ctx.db
      .query("tags")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return tags
      .filter((tag) => tag.parentId === undefined)
      .map((tag) => ({
        ...tag,
        children: tags.filter((child) => child.parentId === tag._id),
      }));
  },
});

export const conversationsWith = query({
  args: { tagId: v.id("tags") },
  handler: async (ctx, { tagId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(tagId), user._id, "Tag");
    const joins = await ctx.db
      .query("conversationTags")
      .withIndex("by_tag", (q) => q.eq("tagId", tagId))
      .collect();
    const found = await Promise.all(
      joins.map((join) => ctx.db.get(join.conversationId)),
    );
    return found.filter((conversation) => conversation !== null);
  },
});

/** How often each kind of thing has the tag. */
export const counts = query({
  args: { tagId: v.id("tags") },
  handler: async (ctx, { tagId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(tagId), user._id, "Tag");
    const count = async (
      table:
        | "conversationTags"
        | "noteTags"
        | "taskTags"
        | "bookmarkTags"
        | "snippetTags",
    ) => {
      const joins = await ctx.db
        .query(table)
        .withIndex("by_tag", (q) => q.eq("tagId", tagId))
        .collect();
      return joins.length;
    };
    return {
      conversations: await count("conversationTags"),
      notes: await count("noteTags"),
      tasks: await count("taskTags"),
      bookmarks: await count("bookmarkTags"),
      snippets: await count("snippetTags"),
    };
  },
});
