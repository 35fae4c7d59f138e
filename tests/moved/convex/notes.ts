import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";

export const list = query({
  args: {},
  returns: v.array(v.string()),
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return notes.map(({ title }) => title);
  },
});

export const create = mutation({
  args: { title: v.string(), folderId: v.id("folders") },
  returns: v.id("notes"),
  handler: async (ctx, { title, folderId }) => {
    const user = await requireUser(ctx);
    const note = { userId: user._id, title, folderId, position: 0 };
    return await ctx.db.insert("notes", note);
  },
});
