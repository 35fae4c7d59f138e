import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

// Who calls says whose notes they mean, and main holds it against who they are.

export const ofUser = query({
  args: { userId: v.string() },
  handler: async (ctx, { userId }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (identity === null || identity.subject !== userId) throw new Error("Not yours");
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .collect();
  },
});

export const remove = mutation({
  args: { userId: v.string(), id: v.id("notes") },
  handler: async (ctx, { userId, id }) => {
    const identity = await ctx.auth.getUserIdentity();
    const note = await ctx.db.get("notes", id);
    if (!note || identity?.subject !== userId || note.userId !== userId) throw new Error("Not yours");
    await ctx.db.delete("notes", id);
  },
});

// The same by other names, and with no check at all.

export const ofTarget = query({
  args: { targetUser: v.string() },
  handler: async (ctx, { targetUser }) =>
    await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", targetUser))
      .collect(),
});

export const firstOfOwner = query({
  args: { ownerId: v.string() },
  handler: async (ctx, { ownerId }) =>
    await ctx.db
      .query("notes")
      .filter((q) => q.eq(q.field("userId"), ownerId))
      .first(),
});

export const titleOf = query({
  args: { creatorId: v.string(), id: v.id("notes") },
  handler: async (ctx, { creatorId, id }) => {
    const note = await ctx.db.get("notes", id);
    return note?.userId === creatorId ? note.title : null;
  },
});

export const renameOf = mutation({
  args: { subject: v.string(), title: v.string() },
  handler: async (ctx, { subject, title }) => {
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", subject))
      .collect();
    for (const note of notes) await ctx.db.patch("notes", note._id, { title });
    return notes.length;
  },
});

export const removeOf = mutation({
  args: { authorId: v.string(), id: v.id("notes") },
  handler: async (ctx, { authorId, id }) => {
    const note = await ctx.db.get("notes", id);
    if (note === null || note.userId !== authorId) return false;
    await ctx.db.delete("notes", id);
    return true;
  },
});

export const addFor = mutation({
  args: { ownerId: v.string(), title: v.string() },
  handler: async (ctx, { ownerId, title }) =>
    await ctx.db.insert("notes", { userId: ownerId, title }),
});
