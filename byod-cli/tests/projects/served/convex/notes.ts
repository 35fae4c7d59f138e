import { v } from "convex/values";
import { internal } from "./_generated/api";
import {
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";
import { callerOf } from "./lib/caller";

export const add = mutation({
  args: { text: v.string(), embedding: v.optional(v.array(v.float64())) },
  handler: async (ctx, note) => {
    const user = await callerOf(ctx);
    return await ctx.db.insert("notes", { ...note, userId: user._id });
  },
});

export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await callerOf(ctx);
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return notes.map(({ text }) => text);
  },
});

export const byId = internalQuery({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => await ctx.db.get("notes", id),
});

export const byIds = internalQuery({
  args: { ids: v.array(v.id("notes")) },
  handler: async (ctx, { ids }) => {
    const found = await Promise.all(ids.map((id) => ctx.db.get("notes", id)));
    return found.filter((note) => note !== null);
  },
});

export const insert = internalMutation({
  args: { userId: v.id("users"), text: v.string() },
  handler: async (ctx, note) => await ctx.db.insert("notes", note),
});

export const append = internalMutation({
  args: { id: v.id("notes"), text: v.string() },
  handler: async (ctx, { id, text }) => {
    const note = await ctx.db.get("notes", id);
    if (note === null) throw new Error("No such note");
    await ctx.db.patch("notes", id, { text: note.text + text });
  },
});

export const attach = internalMutation({
  args: { id: v.id("notes"), file: v.id("_storage") },
  handler: async (ctx, { id, file }) => {
    await ctx.db.patch("notes", id, { file });
  },
});

/** Depends on what only main has. */
export const publish = internalMutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const note = await ctx.db.get("notes", id);
    const counters = await ctx.db.query("counters").collect();
    if (note === null || counters.length > 100) throw new Error("No");
    await ctx.db.patch("notes", id, { text: `${note.text}, published` });
  },
});

/** Has an action go on with it. */
export const ask = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const user = await callerOf(ctx);
    const id = await ctx.db.insert("notes", { text, userId: user._id });
    const job = await ctx.scheduler.runAfter(0, internal.assistant.respond, {
      id,
      userId: user._id,
      style: "short",
    });
    await ctx.db.patch("notes", id, { job });
    return id;
  },
});

/** In a minute, unless it is called off. */
export const askLater = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const user = await callerOf(ctx);
    const note = await ctx.db.get("notes", id);
    if (note?.userId !== user._id) throw new Error("No such note");
    const job = await ctx.scheduler.runAfter(
      60_000,
      internal.assistant.respond,
      { id, userId: user._id, style: "short" },
    );
    await ctx.db.patch("notes", id, { job });
  },
});

export const callOff = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const user = await callerOf(ctx);
    const note = await ctx.db.get("notes", id);
    if (note?.userId !== user._id) throw new Error("No such note");
    if (note.job) await ctx.scheduler.cancel(note.job);
    await ctx.db.patch("notes", id, { job: undefined });
  },
});

/** By an action that asks for what runs nowhere for connected users. */
export const publishLater = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const user = await callerOf(ctx);
    const note = await ctx.db.get("notes", id);
    if (note?.userId !== user._id) throw new Error("No such note");
    await ctx.scheduler.runAfter(0, internal.assistant.publishes, { id });
  },
});

/** By an action that asks for what everybody has. */
export const compareLater = mutation({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const user = await callerOf(ctx);
    const note = await ctx.db.get("notes", id);
    if (note?.userId !== user._id) throw new Error("No such note");
    await ctx.scheduler.runAfter(0, internal.assistant.compares, { id });
  },
});

/** Of anybody. */
export const likeIt = query({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => {
    const note = await ctx.db.get("notes", id);
    const all = await ctx.db.query("notes").collect();
    return all.filter(({ text }) => text === note?.text).length;
  },
});
