"use node";

import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import { action, internalAction, type ActionCtx } from "../byod/server";
import { complete, embed } from "../lib/ai";
import { DEFAULT_MODEL } from "@/lib/models";

async function ownNote(
  ctx: ActionCtx,
  noteId: Id<"notes">,
): Promise<Doc<"notes">> {
  const userId = await ctx.runQuery(internal.users.current, {});
  const note = await ctx.runQuery(internal.notes.byId, { noteId });
  if (note?.userId !== userId) throw new Error("Note not found");
  return note;
}

async function rewrite(ctx: ActionCtx, note: Doc<"notes">, wish: string) {
  const { text, ...tokens } = await complete(DEFAULT_MODEL, wish, note.content);
  await ctx.runMutation(internal.usage.mutations.record, {
    userId: note.userId,
    model: DEFAULT_MODEL,
    feature: "notes",
    ...tokens,
  });
  return text;
}

export const embedNote = internalAction({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }) => {
    const note = await ctx.runQuery(internal.notes.byId, { noteId });
    if (!note) return;
    // "Type instantiation is excessively deep", with the function's own type.
    await (ctx.runMutation as any)(internal.notes.setFields, {
      noteId,
      embedding: await embed(`${note.title}\n${note.content}`),
    });
  },
});

export const generateTitle = action({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }): Promise<string> => {
    const note = await ownNote(ctx, noteId);
    const title = await rewrite(ctx, note, "Title this note in six words.");
    await ctx.runMutation(internal.notes.setFields, { noteId, title });
    return title;
  },
});

export const tidyUp = action({
  args: { noteId: v.id("notes") },
  handler: async (ctx, { noteId }): Promise<void> => {
    const note = await ownNote(ctx, noteId);
    const content = await rewrite(
      ctx,
      note,
      "Correct and structure this note.",
    );
    await ctx.runMutation(internal.notes.setFields, { noteId, content });
  },
});
