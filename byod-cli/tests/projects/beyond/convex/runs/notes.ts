import { v } from "convex/values";
import { action, internalMutation, mutation } from "../_generated/server";
import { internal } from "../_generated/api";
import { getUser } from "../lib/users";

export const purge = internalMutation({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .collect();
    for (const note of notes) await ctx.db.delete("notes", note._id);
    return notes.length;
  },
});
export const add = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const user = await getUser(ctx);
    return await ctx.db.insert("notes", { text, userId: user._id });
  },
});
// Somebody else's.
export const friends = mutation({
  args: { friend: v.id("users") },
  handler: async (ctx, args): Promise<number> =>
    await ctx.runMutation(internal.runs.notes.purge, { userId: args.friend }),
});
export const friendsInAction = action({
  args: { friend: v.id("users") },
  handler: async (ctx, { friend: userId }): Promise<number> =>
    await ctx.runMutation(internal.runs.notes.purge, { userId }),
});
export const friendsLater = mutation({
  args: { friend: v.id("users"), soon: v.boolean() },
  handler: async (ctx, { friend, soon }) => {
    const purge = internal.runs.notes.purge;
    const named = { userId: friend };
    if (soon) await ctx.scheduler.runAfter(0, purge, named);
  },
});
export const ofNote = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<void> => {
    const note = await ctx.db.get("notes", id);
    if (!note?.friendId) return;
    const purge = internal.runs.notes.purge;
    await ctx.runMutation(purge, { userId: note.friendId });
  },
});
// The caller's own.
export const own = mutation({
  args: {},
  handler: async (ctx): Promise<number> => {
    const user = await getUser(ctx);
    return await ctx.runMutation(internal.runs.notes.purge, {
      userId: user._id,
    });
  },
});
export const ownLater = mutation({
  args: {},
  handler: async (ctx) => {
    const { _id } = await getUser(ctx);
    const userId = _id;
    await ctx.scheduler.runAfter(0, internal.runs.notes.purge, { userId });
  },
});
export const ownersOf = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<number> => {
    const note = await ctx.db.get("notes", id);
    if (note === null) return 0;
    const purge = internal.runs.notes.purge;
    return await ctx.runMutation(purge, { userId: note.userId });
  },
});
