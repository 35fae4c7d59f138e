import type { Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { removeMessageFromCount } from "./aggregates";

/** What hangs from a conversation and goes with it. */
const CONVERSATION_PARTS = [
  "toolCalls",
  "sources",
  "branches",
  "bookmarks",
  "conversationTags",
  "conversationTokenUsage",
  "projectConversations",
] as const;

const MESSAGE_PARTS = ["toolCalls", "sources", "messageVersions"] as const;

/** Deletes a message with its parts; bookmarks of it, too. */
export async function deleteMessage(ctx: MutationCtx, id: Id<"messages">) {
  for (const table of MESSAGE_PARTS) {
    const parts = await ctx.db
      .query(table)
      .withIndex("by_message", (q) => q.eq("messageId", id))
      .collect();
    for (const part of parts) await ctx.db.delete(part._id);
  }
  const bookmarks = await ctx.db
    .query("bookmarks")
    .withIndex("by_message", (q) => q.eq("messageId", id))
    .collect();
  for (const bookmark of bookmarks) await deleteBookmark(ctx, bookmark._id);
  const attachments = await ctx.db
    .query("attachments")
    .withIndex("by_message", (q) => q.eq("messageId", id))
    .collect();
  for (const attachment of attachments) {
    await ctx.storage.delete(attachment.storageId);
    await ctx.db.delete(attachment._id);
  }
  const message = await ctx.db.get(id);
  if (message) await removeMessageFromCount(ctx, message);
  await ctx.db.delete(id);
}

export async function deleteBookmark(ctx: MutationCtx, id: Id<"bookmarks">) {
  const joins = await ctx.db
    .query("bookmarkTags")
    .withIndex("by_bookmark", (q) => q.eq("bookmarkId", id))
    .collect();
  for (const join of joins) {
    await ctx.db.delete(join._id);
    await bumpTag(ctx, join.tagId, -1);
  }
  await ctx.db.delete(id);
}

/** Deletes a conversation and all that is in it. */
export async function deleteConversation(
  ctx: MutationCtx,
  id: Id<"conversations">,
) {
  const messages = await ctx.db
    .query("messages")
    .withIndex("by_conversation", (q) => q.eq("conversationId", id))
    .collect();
  for (const message of messages) await deleteMessage(ctx, message._id);

  for (const table of CONVERSATION_PARTS) {
    const parts = await ctx.db
      .query(table)
      .withIndex("by_conversation", (q) => q.eq("conversationId", id))
      .collect();
    await Promise.all(parts.map((part) => ctx.db.delete(part._id)));
  }

  const canvases = await ctx.db
    .query("canvasDocuments")
    .withIndex("by_conversation", (q) => q.eq("conversationId", id))
    .collect();
  for (const canvas of canvases) await deleteCanvas(ctx, canvas._id);
  await ctx.db.delete(id);
}

export async function deleteCanvas(
  ctx: MutationCtx,
  id: Id<"canvasDocuments">,
) {
  const history = ctx.db
    .query("canvasHistory")
    .withIndex("by_document", (q) => q.eq("documentId", id));
  for await (const entry of history) await ctx.db.delete(entry._id);
  await ctx.db.delete(id);
}

/** Counts a tag's uses, where the tag is still there. */
export async function bumpTag(ctx: MutationCtx, tagId: Id<"tags">, by: 1 | -1) {
  const tag = await ctx.db.get(tagId);
  if (!tag) return;
  await ctx.db.patch(tagId, {
    usageCount: Math.max(0, tag.usageCount + by),
    updatedAt: Date.now(),
  });
}
