import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { mutation, type MutationCtx } from "../_generated/server";
import { requireUser } from "../lib/auth";
import { slugify } from "@/lib/slug";

async function ownTag(ctx: MutationCtx, tagId: Id<"tags">) {
  const user = await requireUser(ctx);
  const tag = await ctx.db.get(tagId);
  if (!tag || tag.userId !== user._id) throw new Error("Tag not found");
  return tag;
}

/** Every join of a tag, whatever it joins it to. */
async function joinsOf(ctx: MutationCtx, tagId: Id<"tags">) {
  const [conversations, notes, tasks, bookmarks, snippets] = await Promise.all([
    ctx.db
      .query("conversationTags")
      .withIndex("by_tag", (q) => q.eq("tagId", tagId))
      .collect(),
    ctx.db
      .query("noteTags")
      .withIndex("by_tag", (q) => q.eq("tagId", tagId))
      .collect(),
    ctx.db
      .query("taskTags")
      .withIndex("by_tag", (q) => q.eq("tagId", tagId))
      .collect(),
    ctx.db
      .query("bookmarkTags")
      .withIndex("by_tag", (q) => q.eq("tagId", tagId))
      .collect(),
    ctx.db
      .query("snippetTags")
      .withIndex("by_tag", (q) => q.eq("tagId", tagId))
      .collect(),
  ]);
  return [...conversations, ...notes, ...tasks, ...bookmarks, ...snippets];
}

/** Moves everything from one tag to the other, and deletes the first. */
async function mergeInto(
  ctx: MutationCtx,
  source: Doc<"tags">,
  target: Doc<"tags">,
) {
  for (const join of await joinsOf(ctx, source._id)) {
    await ctx.db.patch(join._id, { tagId: target._id });
  }
  const children = await ctx.db
    .query("tags")
    .withIndex("by_parent", (q) => q.eq("parentId", source._id))
    .collect();
  for (const child of children) {
    await ctx.db.patch(child._id, { parentId: target._id });
  }
  await ctx.db.patch(target._id, {
    usageCount: target.usageCount + source.usageCount,
    updatedAt: Date.now(),
  });
  await ctx.db.delete(source._id);
}

export const create = mutation({
  args: {
    name: v.string(),
    color: v.optional(v.string()),
    parentId: v.optional(v.id("tags")),
  },
  handler: async (ctx, { name, color, parentId }) => {
    const user = await requireUser(ctx);
    const slug = slugify(name);
    if (!slug) throw new Error("A tag needs a name");
    const existing = await ctx.db
      .query("tags")
      .withIndex("by_user_slug", (q) =>
        q.eq("userId", user._id).eq("slug", slug),
      )
      .unique();
    if (existing) return existing._id;
    if (parentId) await ownTag(ctx, parentId);
    const now = Date.now();
    return await ctx.db.insert("tags", {
      userId: user._id,
      slug,
      name: name.trim(),
      color,
      parentId,
      usageCount: 0,
      createdAt: now,
      updatedAt: now,
    });
  },
});

/** A name that another tag has merges the two. */
export const rename = mutation({
  args: { tagId: v.id("tags"), name: v.string() },
  handler: async (ctx, { tagId, name }) => {
    const tag = await ownTag(ctx, tagId);
    const slug = slugify(name);
    const other = await ctx.db
      .query("tags")
      .withIndex("by_user_slug", (q) =>
        q.eq("userId", tag.userId).eq("slug", slug),
      )
      .unique();
    if (other && other._id !== tagId) {
      await mergeInto(ctx, tag, other);
      return other._id;
    }
    await ctx.db.patch(tagId, { name, slug, updatedAt: Date.now() });
    return tagId;
  },
});

export const merge = mutation({
  args: { sourceId: v.id("tags"), targetId: v.id("tags") },
  handler: async (ctx, { sourceId, targetId }) => {
    if (sourceId === targetId) throw new Error("That is the same tag");
    const source = await ownTag(ctx, sourceId);
    const target = await ownTag(ctx, targetId);
    await mergeInto(ctx, source, target);
  },
});

export const setColor = mutation({
  args: { tagId: v.id("tags"), color: v.string() },
  handler: async (ctx, { tagId, color }) => {
    await ownTag(ctx, tagId);
    await ctx.db.patch(tagId, { color });
  },
});

export const move = mutation({
  args: { tagId: v.id("tags"), parentId: v.union(v.id("tags"), v.null()) },
  handler: async (ctx, { tagId, parentId }) => {
    await ownTag(ctx, tagId);
    let ancestor = parentId;
    while (ancestor) {
      if (ancestor === tagId) throw new Error("A tag can't be below itself");
      ancestor = (await ownTag(ctx, ancestor)).parentId ?? null;
    }
    await ctx.db.patch(tagId, { parentId: parentId ?? undefined });
  },
});

export const remove = mutation({
  args: { tagId: v.id("tags") },
  handler: async (ctx, { tagId }) => {
    const tag = await ownTag(ctx, tagId);
    for (const join of await joinsOf(ctx, tagId)) await ctx.db.delete(join._id);
    const children = await ctx.db
      .query("tags")
      .withIndex("by_parent", (q) => q.eq("parentId", tagId))
      .collect();
    for (const child of children) {
      await ctx.db.patch(child._id, { parentId: tag.parentId });
    }
    await ctx.db.delete(tagId);
  },
});

/** Tags that nothing has any more. */
export const removeUnused = mutation({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const tags = await ctx.db
      .query("tags")
      .withIndex("by_user", (q) => q.eq("userId", user._id).eq("usageCount", 0))
      .collect();
    for (const tag of tags) await ctx.db.delete(tag._id);
    return tags.length;
  },
});
