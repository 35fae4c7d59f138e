import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import { assertOwner } from "../lib/access";
import { requireUser } from "../lib/auth";
import { bumpTag } from "../lib/cascade";

export const add = mutation({
  args: { bookmarkId: v.id("bookmarks"), tagId: v.id("tags") },
  handler: async (ctx, { bookmarkId, tagId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(bookmarkId), user._id, "Bookmark");
    assertOwner(await ctx.db.get(tagId), user._id, "Tag");
    await ctx.db.insert("bookmarkTags", { bookmarkId, tagId });
    await bumpTag(ctx, tagId, 1);
  },
});

export const remove = mutation({
  args: { id: v.id("bookmarkTags") },
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const join = await ctx.db.get(id);
    if (!join) return;
    assertOwner(await ctx.db.get(join.bookmarkId), user._id, "Bookmark");
    await ctx.db.delete(id);
    await bumpTag(ctx, join.tagId, -1);
  },
});

export const bookmarksWith = query({
  args: { tagId: v.id("tags") },
  handler: async (ctx, { tagId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(tagId), user._id, "Tag");
    const joins = await ctx.db
      .query("bookmarkTags")
      .withIndex("by_tag", (q) => q.eq("tagId", tagId))
      .collect();
    const found = await Promise.all(
      joins.map((join) => ctx.db.get(join.bookmarkId)),
    );
    return found.filter((bookmark) => bookmark !== null);
  },
});
