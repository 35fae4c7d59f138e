import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { action, internalMutation } from "./byod/server";

export const keep = internalMutation({
  args: { userId: v.id("users"), file: v.id("_storage") },
  handler: async (ctx, kept) => {
    await ctx.db.insert("exports", kept);
  },
});

/** Of a note: where that is. */
export const speak = action({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<string | null> => {
    const note = await ctx.runQuery(internal.notes.byId, { id });
    if (note === null) throw new Error("No such note");
    if (note.file) return await ctx.storage.getUrl(note.file);
    const file = await ctx.storage.store(new Blob([`spoken ${note.text}`]));
    await ctx.runMutation(internal.notes.attach, { id, file });
    return await ctx.storage.getUrl(file);
  },
});

/** Reads it, wherever it is. */
export const listen = action({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<string | null> => {
    const note = await ctx.runQuery(internal.notes.byId, { id });
    const blob = note?.file ? await ctx.storage.get(note.file) : null;
    return blob === null ? null : await blob.text();
  },
});

/** Of main's: it stays there. */
export const exported = action({
  args: {},
  handler: async (ctx): Promise<string> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const file: Id<"_storage"> = await ctx.storage.store(new Blob(["all"]));
    await ctx.runMutation(internal.files.keep, { userId, file });
    const blob = await ctx.storage.get(file);
    await ctx.storage.delete(file);
    return `${await blob!.text()}, then ${await ctx.storage.get(file)}`;
  },
});

/** On both sides at once. */
export const both = action({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<void> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const file = await ctx.storage.store(new Blob(["all"]));
    await ctx.runMutation(internal.notes.attach, { id, file });
    await ctx.runMutation(internal.files.keep, { userId, file });
  },
});
