import { ConvexError, v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import { mutation, query } from "./_generated/server";
import { descendants, ensureNote } from "./model/notes";
import { getCurrentUser, getCurrentUserOrNull } from "./model/users";

export const list = query({
  args: { limit: v.optional(v.number()) },
  handler: async (ctx, { limit = 50 }) => {
    const user = await getCurrentUserOrNull(ctx);
    if (!user) return [];
    const notes = await ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .take(limit);
    return await Promise.all(
      notes.map(async (note) => {
        const links = await ctx.db
          .query("noteTags")
          .withIndex("by_note", (q) => q.eq("noteId", note._id))
          .collect();
        const tags = await Promise.all(
          links.map((link) => ctx.db.get(link.tagId)),
        );
        const parent = note.parentId ? await ctx.db.get(note.parentId) : null;
        return { ...note, tags: tags.filter((tag) => tag !== null), parent };
      }),
    );
  },
});

export const related = query({
  args: { ids: v.array(v.id("notes")) },
  handler: async (ctx, args) => {
    const seen = new Set<Id<"notes">>();
    for (const id of args.ids) {
      const note = await ctx.db.get(id);
      for (const other of note?.related ?? []) seen.add(other);
    }
    const found = await Promise.all([...seen].map((id) => ctx.db.get(id)));
    return found.flatMap((note) => (note ? [note.title] : []));
  },
});

export const create = mutation({
  args: { title: v.string(), tags: v.array(v.string()) },
  handler: async (ctx, { title, tags }) => {
    const { _id: userId } = await getCurrentUser(ctx);
    const noteId = await ctx.db.insert("notes", { userId, title, related: [] });
    for (const name of tags) {
      const known = await ctx.db
        .query("tags")
        .withIndex("by_user", (q) => q.eq("userId", userId))
        .filter((q) => q.eq(q.field("name"), name))
        .first();
      const tagId = known?._id ?? (await ctx.db.insert("tags", { userId, name }));
      await ctx.db.insert("noteTags", { userId, noteId, tagId });
    }
    return await ctx.db.get(noteId);
  },
});

export const rename = mutation({
  args: { noteId: v.id("notes"), title: v.string() },
  handler: async (ctx, args) => {
    const note = await ensureNote(ctx, args.noteId);
    if (note.title === args.title) throw new ConvexError("Same title");
    await ctx.db.patch(note._id, { title: args.title });
  },
});

export const remove = mutation({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    const note = await ensureNote(ctx, noteId);
    const below = await descendants(ctx, note);
    await Promise.all(below.map((id) => ctx.db.delete(id)));
    for (const id of [...below, note._id]) {
      const links = ctx.db
        .query("noteTags")
        .withIndex("by_note", (q) => q.eq("noteId", id));
      for await (const { _id } of links) await ctx.db.delete(_id);
    }
    await ctx.db.delete(note._id);
  },
});

// Main's users, by id: not there.
export const authors = query({
  args: { ids: v.array(v.id("users")) },
  handler: async (ctx, { ids }) =>
    await Promise.all(ids.map((id) => ctx.db.get(id))),
});
export const touch = mutation({
  args: {},
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    await ctx.db.patch(user._id, { name: user.name });
  },
});
