import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import { assertOwner } from "../lib/access";
import { requireUser } from "../lib/auth";
import { bumpTag } from "../lib/cascade";

export const list = query({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(noteId), user._id, "Note");
    const joins = await ctx.db
      .query("noteTags")
      .withIndex("by_note", (q) => q.eq("noteId", noteId))
      .collect();
    const tags = await Promise.all(joins.map((join) => ctx.db.get(join.tagId)));
    return tags.filter((tag) => tag !== null);
  },
});

export const add = mutation({
  args: { noteId: v.id("notes"), tagId: v.id("tags") },
  handler: async (ctx, { noteId, tagId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(noteId), user._id, "Note");
    assertOwner(await ctx.db.get(tagId), user._id, "Tag");
    const existing = await ctx.db
      .query("noteTags")
      .withIndex("by_note_tag", (q) =>
        q.eq("noteId", noteId).eq("tagId", tagId),
      )
      .unique();
    if (existing) return;
    await ctx.db.insert("noteTags", { userId: user._id, noteId, tagId });
    await bumpTag(ctx, tagId, 1);
  },
});

export const remove = mutation({
  args: { noteId: v.id("notes"), tagId: v.id("tags") },
  handler: async (ctx, { noteId, tagId }) => {
    const user = await requireUser(ctx);
    const join = await ctx.db
      .query("noteTags")
      .withIndex("by_note_tag", (q) =>
        q.eq("noteId", noteId).eq("tagId", tagId),
      )
      .unique();
    assertOwner(join, user._id, "Tag");
    await ctx.db.delete(join._id);
    await bumpTag(ctx, tagId, -1);
  },
});
