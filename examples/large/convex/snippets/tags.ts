import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import { assertOwner } from "../lib/access";
import { requireUser } from "../lib/auth";

export const toggle = mutation({
  args: { snippetId: v.id("snippets"), tagId: v.id("tags") },
  handler: async (ctx, { snippetId, tagId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(snippetId), user._id, "Snippet");
    const joins = await ctx.db
      .query("snippetTags")
      .withIndex("by_snippet", (q) => q.eq("snippetId", snippetId))
      .collect();
    const existing = joins.find((join) => join.tagId === tagId);
    if (existing) {
      await ctx.db.delete(existing._id);
      return false;
    }
    assertOwner(await ctx.db.get(tagId), user._id, "Tag");
    await ctx.db.insert("snippetTags", { snippetId, tagId });
    return true;
  },
});

export const list = query({
  args: { snippetId: v.id("snippets") },
  handler: async (ctx, { snippetId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(snippetId), user._id, "Snippet");
    const joins = await ctx.db
      .query("snippetTags")
      .withIndex("by_snippet", (q) => q.eq("snippetId", snippetId))
      .collect();
    return await Promise.all(joins.map((join) => ctx.db.get(join.tagId)));
  },
});
