// Written by `byod export`.

import { ConvexError, v } from "convex/values";
import { ownerMutation, ownerQuery } from "./byod/owner";
import { preference, requireActive, requireUser } from "./lib/auth";

/** As the user likes them sorted. */
export const sorted = ownerQuery({
  args: {},
  returns: v.array(v.string()),
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const by = await preference(ctx, user._id, "sort");
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    const titles = notes.map(({ title }) => title);
    return by === "title" ? titles.sort() : titles;
  },
});

/** Two of them are free. */
export const create = ownerMutation({
  args: { title: v.string() },
  returns: v.id("notes"),
  handler: async (ctx, { title }) => {
    const user = await requireActive(ctx);
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .take(2);
    if (notes.length === 2 && user.plan === "free") {
      throw new ConvexError("Two notes are free");
    }
    const updatedAt = ctx.time();
    return await ctx.db.insert("notes", { userId: user._id, title, updatedAt });
  },
});

/** Who wrote it, by the id that the note has. */
export const author = ownerQuery({
  args: { id: v.id("notes") },
  returns: v.union(v.string(), v.null()),
  handler: async (ctx, { id }) => {
    const note = await ctx.db.get(id);
    if (!note) return null;
    const user = await ctx.db.get("users", note.userId);
    return user?.name ?? null;
  },
});

/** What the user was given, beside how much they wrote. */
export const page = ownerQuery({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const badges = await ctx.db
      .query("badges")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .collect();
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return { badges, notes: notes.length };
  },
});

/** One's own badge, by main's id of it. */
export const badge = ownerQuery({
  args: { id: v.string() },
  returns: v.union(v.string(), v.null()),
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const badge = await ctx.db.get("badges", id);
    const first = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .first();
    return badge && `${badge.title} of ${first?.title ?? "nothing"}`;
  },
});

// `mailed` is missing, because main's reads `email` of main's table `users`,
// which never leaves main: it is in `user.never_mirror` of byod.toml. Write it
// in custom/notes.ts.

// `byName` is missing, because main's reads documents of main's table `users`
// that the argument `other` names in `ctx.db.get(other)`, where only the
// caller's own are mirrored. Write it in custom/notes.ts.
