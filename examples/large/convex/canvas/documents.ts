import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { internalMutation, type MutationCtx } from "../_generated/server";
import { requireConversation } from "../lib/access";
import { deleteCanvas } from "../lib/cascade";
import { userMutation, userQuery } from "../lib/functions";

async function writeVersion(
  ctx: Pick<MutationCtx, "db">,
  document: Doc<"canvasDocuments">,
  content: string,
  author: "user" | "assistant",
) {
  const version = document.version + 1;
  await ctx.db.insert("canvasHistory", {
    documentId: document._id,
    version,
    content,
    author,
    createdAt: Date.now(),
  });
  await ctx.db.patch(document._id, { content, version, updatedAt: Date.now() });
}

function own(
  document: Doc<"canvasDocuments"> | null,
  ownerId: Id<"users">,
): Doc<"canvasDocuments"> {
  if (document?.ownerId !== ownerId) throw new Error("Document not found");
  return document;
}

export const list = userQuery({
  args: {},
  handler: async (ctx) =>
    await ctx.db
      .query("canvasDocuments")
      .withIndex("by_owner", (q) => q.eq("ownerId", ctx.user._id))
      .collect(),
});

export const forConversation = userQuery({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    await requireConversation(ctx, ctx.user._id, conversationId);
    return await ctx.db
      .query("canvasDocuments")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .collect();
  },
});

export const get = userQuery({
  args: { documentId: v.id("canvasDocuments") },
  handler: async (ctx, { documentId }) =>
    own(await ctx.db.get(documentId), ctx.user._id),
});

export const create = userMutation({
  args: {
    conversationId: v.id("conversations"),
    title: v.string(),
    content: v.string(),
    language: v.optional(v.string()),
  },
  handler: async (ctx, args) => {
    await requireConversation(ctx, ctx.user._id, args.conversationId);
    const documentId = await ctx.db.insert("canvasDocuments", {
      ...args,
      ownerId: ctx.user._id,
      version: 0,
      updatedAt: Date.now(),
    });
    const document = await ctx.db.get(documentId);
    await writeVersion(ctx, document!, args.content, "user");
    return documentId;
  },
});

export const edit = userMutation({
  args: {
    documentId: v.id("canvasDocuments"),
    content: v.string(),
    /** What the editor had: somebody else may have written since. */
    version: v.number(),
  },
  handler: async (ctx, { documentId, content, version }) => {
    const document = own(await ctx.db.get(documentId), ctx.user._id);
    if (document.version !== version) return { conflict: true };
    await writeVersion(ctx, document, content, "user");
    return { conflict: false };
  },
});

export const remove = userMutation({
  args: { documentId: v.id("canvasDocuments") },
  handler: async (ctx, { documentId }) => {
    own(await ctx.db.get(documentId), ctx.user._id);
    await deleteCanvas(ctx, documentId);
  },
});

export const writeByAssistant = internalMutation({
  args: { documentId: v.id("canvasDocuments"), content: v.string() },
  handler: async (ctx, { documentId, content }) => {
    const document = await ctx.db.get(documentId);
    if (document) await writeVersion(ctx, document, content, "assistant");
  },
});
