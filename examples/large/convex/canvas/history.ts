import { v } from "convex/values";
import { mutation, query } from "~/convex/_generated/server";
import { requireUser } from "~/convex/lib/auth";

export const list = query({
  args: { documentId: v.id("canvasDocuments") },
  handler: async (ctx, { documentId }) => {
    const user = await requireUser(ctx);
    const document = await ctx.db.get("canvasDocuments", documentId);
    if (document?.ownerId !== user._id) return [];
    const versions = await ctx.db
      .query("canvasHistory")
      .withIndex("by_document", (q) => q.eq("documentId", documentId))
      .order("desc")
      .take(100);
    return versions.map(({ content, ...version }) => ({
      ...version,
      length: content.length,
    }));
  },
});

export const read = query({
  args: { historyId: v.id("canvasHistory") },
  handler: async (ctx, { historyId }) => {
    const user = await requireUser(ctx);
    const entry = await ctx.db.get("canvasHistory", historyId);
    const document = entry
      ? await ctx.db.get("canvasDocuments", entry.documentId)
      : null;
    return document?.ownerId === user._id ? entry : null;
  },
});

export const restore = mutation({
  args: { historyId: v.id("canvasHistory") },
  handler: async (ctx, { historyId }) => {
    const user = await requireUser(ctx);
    const entry = await ctx.db.get("canvasHistory", historyId);
    if (!entry) throw new Error("Version not found");
    const document = await ctx.db.get("canvasDocuments", entry.documentId);
    if (document?.ownerId !== user._id) throw new Error("Version not found");
    await ctx.db.patch("canvasDocuments", document._id, {
      content: entry.content,
      version: document.version + 1,
      updatedAt: Date.now(),
    });
    await ctx.db.insert("canvasHistory", {
      documentId: document._id,
      version: document.version + 1,
      content: entry.content,
      author: "user",
      createdAt: Date.now(),
    });
  },
});
