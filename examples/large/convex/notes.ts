import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import {
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";
import { logActivity } from "./lib/activity";
import { bumpTag } from "./lib/cascade";
import { bumpStats } from "./lib/stats";

export const list = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
      .unique();
    if (!user) throw new Error("No such user");
    return await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .paginate(args.paginationOpts);
  },
});

export const get = query({
  args: { noteId: v.id("notes") },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) return null;
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
      .first();
    const note = await ctx.db.get(args.noteId);
    return note && user && note.userId === user._id ? note : null;
  },
});

/** As the user likes them sorted. */
export const sorted = query({
  args: {},
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) return [];
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
      .first();
    if (!user) return [];
    const preference = await ctx.db
      .query("userPreferences")
      .withIndex("by_user_key", (q) =>
        q.eq("userId", user._id).eq("key", "noteSort"),
      )
      .unique();
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return preference?.value === "title"
      ? notes.sort((a, b) => a.title.localeCompare(b.title))
      : notes.sort((a, b) => b.updatedAt - a.updatedAt);
  },
});

export const create = mutation({
  args: {
    title: v.string(),
    content: v.string(),
    projectId: v.optional(v.id("projects")),
  },
  handler: async (ctx, args) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
      .unique();
    if (!user) throw new Error("No such user");
    const now = Date.now();
    const noteId = await ctx.db.insert("notes", {
      userId: user._id,
      title: args.title,
      content: args.content,
      pinned: false,
      createdAt: now,
      updatedAt: now,
    });
    if (args.projectId) {
      await ctx.db.insert("projectNotes", {
        projectId: args.projectId,
        noteId,
        addedAt: now,
      });
    }
    await bumpStats(ctx, user._id, { notes: 1 });
    await ctx.scheduler.runAfter(0, internal.notes.ai.embedNote, { noteId });
    return noteId;
  },
});

/** "Save as note" below an answer. */
export const createFromMessage = mutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
      .unique();
    const message = await ctx.db.get(messageId);
    if (!user || message?.userId !== user._id) throw new Error("Not found");
    const existing = await ctx.db
      .query("notes")
      .withIndex("by_source", (q) => q.eq("sourceMessageId", messageId))
      .first();
    if (existing) return existing._id;
    const conversation = await ctx.db.get(message.conversationId);
    const now = Date.now();
    const noteId = await ctx.db.insert("notes", {
      userId: user._id,
      title: conversation?.title ?? "From a chat",
      content: message.content,
      pinned: false,
      sourceMessageId: messageId,
      createdAt: now,
      updatedAt: now,
    });
    await logActivity(
      ctx,
      user._id,
      "created",
      "note",
      noteId,
      conversation?.title ?? "",
    );
    return noteId;
  },
});

export const update = mutation({
  args: {
    noteId: v.id("notes"),
    title: v.optional(v.string()),
    content: v.optional(v.string()),
  },
  handler: async (ctx, { noteId, ...changes }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
      .unique();
    const note = await ctx.db.get(noteId);
    if (!note || note.userId !== user?._id) throw new Error("Not found");
    await ctx.db.patch(noteId, { ...changes, updatedAt: Date.now() });
    if (changes.content && changes.content !== note.content) {
      await ctx.scheduler.runAfter(2_000, internal.notes.ai.embedNote, {
        noteId,
      });
    }
  },
});

export const togglePin = mutation({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    const identity = await ctx.auth.getUserIdentity();
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity!.subject))
      .unique();
    const note = await ctx.db.get(noteId);
    if (!note || note.userId !== user?._id) throw new Error("Not found");
    await ctx.db.patch(noteId, { pinned: !note.pinned });
  },
});

export const remove = mutation({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) throw new Error("Not signed in");
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
      .unique();
    const note = await ctx.db.get(noteId);
    if (!user || note?.userId !== user._id) throw new Error("Not found");
    const tags = await ctx.db
      .query("noteTags")
      .withIndex("by_note", (q) => q.eq("noteId", noteId))
      .collect();
    for (const join of tags) {
      await ctx.db.delete(join._id);
      await bumpTag(ctx, join.tagId, -1);
    }
    const joins = await ctx.db
      .query("projectNotes")
      .withIndex("by_note", (q) => q.eq("noteId", noteId))
      .collect();
    for (const join of joins) await ctx.db.delete(join._id);
    await ctx.db.delete(noteId);
    await bumpStats(ctx, user._id, { notes: -1 });
  },
});

export const search = query({
  args: { text: v.string(), limit: v.optional(v.number()) },
  handler: async (ctx, { text, limit }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) return [];
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
      .unique();
    if (!user) return [];
    return await ctx.db
      .query("notes")
      .withSearchIndex("search_content", (q) =>
        q.search("content", text).eq("userId", user._id),
      )
      .take(limit ?? 20);
  },
});

export const byId = internalQuery({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => await ctx.db.get(noteId),
});

export const setFields = internalMutation({
  args: {
    noteId: v.id("notes"),
    title: v.optional(v.string()),
    content: v.optional(v.string()),
    embedding: v.optional(v.array(v.float64())),
  },
  handler: async (ctx, { noteId, ...fields }) => {
    if (await ctx.db.get(noteId)) await ctx.db.patch(noteId, fields);
  },
});
