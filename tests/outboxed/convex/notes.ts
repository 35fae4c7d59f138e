import { v } from "convex/values";
import { internal } from "./_generated/api";
import { mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";
import { bumpStats, rateLimit } from "./lib/stats";

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

/** Counted on main, and told there. */
export const create = mutation({
  args: { title: v.string() },
  returns: v.id("notes"),
  handler: async (ctx, { title }) => {
    const user = await requireUser(ctx);
    const id = await ctx.db.insert("notes", { userId: user._id, title });
    await bumpStats(ctx, user._id, { notes: 1 });
    await ctx.db.insert("activityEvents", {
      userId: user._id,
      kind: "created",
      summary: title,
    });
    return id;
  },
});

export const remove = mutation({
  args: { id: v.id("notes") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    await ctx.db.delete(id);
    await bumpStats(ctx, user._id, { notes: -1 });
    await ctx.scheduler.runAfter(0, internal.users.reset, {
      userId: user._id,
      words: 0,
    });
    return null;
  },
});

/** Main takes one vote of two. */
export const vote = mutation({
  args: { id: v.id("notes"), value: v.number() },
  returns: v.null(),
  handler: async (ctx, { id, value }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    await ctx.db.insert("votes", {
      userId: user._id,
      title: note.title,
      value: value as 1 | -1,
    });
    return null;
  },
});

/** The note remembers main's job, so that it can be cancelled. */
export const remind = mutation({
  args: { id: v.id("notes"), inMs: v.number() },
  returns: v.null(),
  handler: async (ctx, { id, inMs }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    const jobId = await ctx.scheduler.runAfter(inMs, internal.reminders.send, {
      userId: user._id,
      text: note.title,
      urgent: false,
    });
    await ctx.db.patch(id, { jobId });
    return null;
  },
});

export const forget = mutation({
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
export const noteDown = mutation({
  args: { done: v.id("reminders"), gone: v.optional(v.id("reminders")) },
  returns: v.null(),
  handler: async (ctx, { done, gone }) => {
    const user = await requireUser(ctx);
    await ctx.db.insert("notes", { userId: user._id, title: "noted" });
    await ctx.db.patch(done, { sent: true });
    if (gone) await ctx.db.delete(gone);
    return null;
  },
});

/** For everybody to read; byod.toml says that anybody may insert there. */
export const complain = mutation({
  args: { id: v.id("notes"), text: v.string() },
  returns: v.null(),
  handler: async (ctx, { id, text }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    await ctx.db.insert("feedback", { text, stars: 1 });
    return null;
  },
});

/** Fails after it left something: nothing is left then. */
export const fail = mutation({
  args: { title: v.string() },
  returns: v.null(),
  handler: async (ctx, { title }) => {
    const user = await requireUser(ctx);
    await ctx.db.insert("notes", { userId: user._id, title });
    await bumpStats(ctx, user._id, { notes: 1 });
    throw new Error("On purpose");
  },
});

/** Needs the id of what it inserts on main. */
export const publish = mutation({
  args: { id: v.id("notes") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    const postId = await ctx.db.insert("posts", {
      userId: user._id,
      title: note.title,
    });
    await ctx.db.patch(id, { postId });
    return null;
  },
});

/** Needs main to say whether it is too much. */
export const rate = mutation({
  args: { title: v.string() },
  returns: v.null(),
  handler: async (ctx, { title }) => {
    const user = await requireUser(ctx);
    await rateLimit(ctx, user._id);
    await ctx.db.insert("notes", { userId: user._id, title });
    return null;
  },
});

/** What it writes on main isn't written out. */
export const shareAny = mutation({
  args: { id: v.id("notes"), more: v.object({ summary: v.string() }) },
  returns: v.null(),
  handler: async (ctx, { id, more }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(id);
    if (note?.userId !== user._id) throw new Error("Not found");
    await ctx.db.insert("activityEvents", {
      userId: user._id,
      kind: "shared",
      ...more,
    });
    return null;
  },
});
