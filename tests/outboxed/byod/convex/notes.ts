// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "./byod/owner";
import { requireUser } from "./lib/auth";
import { bumpStats } from "./lib/stats";

export const list = ownerQuery({
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

/** Counted on main, and told there. */
export const create = ownerMutation({
  args: { title: v.string() },
  returns: v.id("notes"),
  handler: async (ctx, { title }) => {
    const user = await requireUser(ctx);
    const id = await ctx.db.insert("notes", { userId: user._id, title });
    await bumpStats(ctx, user._id, { notes: 1 });
    await ctx.onMain.insert("activityEvents", {
      userId: user._id,
      kind: "created",
      summary: title,
    });
    return id;
  },
});

export const remove = ownerMutation({
  args: { id: v.id("notes") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    await ctx.db.delete(id);
    await bumpStats(ctx, user._id, { notes: -1 });
    await ctx.onMain.runAfter(0, "users:reset", {
      userId: user._id,
      words: 0,
    });
    return null;
  },
});

/** Main takes one vote of two. */
export const vote = ownerMutation({
  args: { id: v.id("notes"), value: v.number() },
  returns: v.null(),
  handler: async (ctx, { id, value }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    await ctx.onMain.insert("votes", {
      userId: user._id,
      title: note.title,
      value: value as 1 | -1,
    });
    return null;
  },
});

/** The note remembers main's job, so that it can be cancelled. */
export const remind = ownerMutation({
  args: { id: v.id("notes"), inMs: v.number() },
  returns: v.null(),
  handler: async (ctx, { id, inMs }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    const jobId = await ctx.onMain.runAfter(inMs, "reminders:send", {
      userId: user._id,
      text: note.title,
      urgent: false,
    });
    await ctx.db.patch(id, { jobId });
    return null;
  },
});

export const forget = ownerMutation({
  args: { id: v.id("notes") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id || !note.jobId) throw new Error("Not found");
    await ctx.scheduler.cancel(note.jobId);
    await ctx.db.patch(id, { jobId: undefined });
    return null;
  },
});

/** By ids of main's documents, which the client has. */
export const noteDown = ownerMutation({
  args: { done: v.string(), gone: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { done, gone }) => {
    const user = await requireUser(ctx);
    await ctx.db.insert("notes", { userId: user._id, title: "noted" });
    await ctx.onMain.patch("reminders", done, { sent: true });
    if (gone) await ctx.onMain.delete("reminders", gone);
    return null;
  },
});

/** For everybody to read; byod.toml says that anybody may insert there. */
export const complain = ownerMutation({
  args: { id: v.id("notes"), text: v.string() },
  returns: v.null(),
  handler: async (ctx, { id, text }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    await ctx.onMain.insert("feedback", { text, stars: 1 });
    return null;
  },
});

/** Fails after it left something: nothing is left then. */
export const fail = ownerMutation({
  args: { title: v.string() },
  returns: v.null(),
  handler: async (ctx, { title }) => {
    const user = await requireUser(ctx);
    await ctx.db.insert("notes", { userId: user._id, title });
    await bumpStats(ctx, user._id, { notes: 1 });
    throw new Error("On purpose");
  },
});

// `publish` is missing, because main's writes main's table `posts`, and needs
// the id of what it inserts there. Write it in custom/notes.ts.

// `rate` is missing, because main's uses main's table `rateLimits` (in
// `rateLimit`). Write it in custom/notes.ts.

// `shareAny` is missing, because main's writes main's table `activityEvents`
// with what isn't written out: write an object with its fields there, so that
// main can tell it from what anybody could send. Write it in custom/notes.ts.
