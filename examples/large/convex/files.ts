import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import {
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";
import { assertOwner, requireProject } from "./lib/access";
import { getCurrentUser, requireUser } from "./lib/auth";

const MAX_SIZE = 20 * 1024 * 1024;

export const list = query({
  args: { projectId: v.optional(v.id("projects")) },
  handler: async (ctx, { projectId }): Promise<Doc<"files">[]> => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const files = await ctx.db
      .query("files")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .collect();
    return projectId
      ? files.filter((file) => file.projectId === projectId)
      : files;
  },
});

export const get = query({
  args: { fileId: v.id("files") },
  handler: async (ctx, { fileId }) => {
    const user = await requireUser(ctx);
    const file = await ctx.db.get(fileId);
    assertOwner(file, user._id, "File");
    return { ...file, url: await ctx.storage.getUrl(file.storageId) };
  },
});

/** After the upload; chunks and embeddings come by themselves. */
export const save = mutation({
  args: {
    storageId: v.id("_storage"),
    name: v.string(),
    mimeType: v.string(),
    projectId: v.optional(v.id("projects")),
  },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    if (args.projectId) await requireProject(ctx, user._id, args.projectId);
    const stored = await ctx.db.system.get(args.storageId);
    if (!stored) throw new Error("The upload isn't there");
    if (stored.size > MAX_SIZE) {
      await ctx.storage.delete(args.storageId);
      throw new Error("At most 20 MB");
    }
    const fileId = await ctx.db.insert("files", {
      ...args,
      userId: user._id,
      size: stored.size,
      status: "uploaded",
      chunkCount: 0,
      createdAt: Date.now(),
    });
    await ctx.scheduler.runAfter(0, internal.files.processing.run, { fileId });
    return fileId;
  },
});

export const rename = mutation({
  args: { fileId: v.id("files"), name: v.string() },
  handler: async (ctx, { fileId, name }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(fileId), user._id, "File");
    await ctx.db.patch(fileId, { name });
  },
});

export const remove = mutation({
  args: { fileId: v.id("files") },
  handler: async (ctx, { fileId }) => {
    const user = await requireUser(ctx);
    const file = await ctx.db.get(fileId);
    assertOwner(file, user._id, "File");
    const chunks = await ctx.db
      .query("fileChunks")
      .withIndex("by_file", (q) => q.eq("fileId", fileId))
      .collect();
    for (const chunk of chunks) await ctx.db.delete(chunk._id);
    await ctx.storage.delete(file.storageId);
    await ctx.db.delete(fileId);
  },
});

/** Tries again what failed. */
export const retry = mutation({
  args: { fileId: v.id("files") },
  handler: async (ctx, { fileId }) => {
    const user = await requireUser(ctx);
    const file = await ctx.db.get(fileId);
    assertOwner(file, user._id, "File");
    if (file.status !== "failed") return;
    await ctx.db.patch(fileId, { status: "uploaded", error: undefined });
    await ctx.scheduler.runAfter(0, internal.files.processing.run, { fileId });
  },
});

export const storageUsed = query({
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    let bytes = 0;
    for (const table of ["files", "attachments"] as const) {
      const docs = await ctx.db
        .query(table)
        .withIndex("by_user", (q) => q.eq("userId", user._id))
        .collect();
      for (const { size } of docs) bytes += size;
    }
    return bytes;
  },
});

export const byId = internalQuery({
  args: { fileId: v.id("files") },
  handler: async (ctx, { fileId }) => await ctx.db.get(fileId),
});

export const setStatus = internalMutation({
  args: {
    fileId: v.id("files"),
    status: v.union(
      v.literal("processing"),
      v.literal("ready"),
      v.literal("failed"),
    ),
    error: v.optional(v.string()),
  },
  handler: async (ctx, { fileId, status, error }) => {
    if (await ctx.db.get(fileId)) await ctx.db.patch(fileId, { status, error });
  },
});

export const addChunk = internalMutation({
  args: {
    fileId: v.id("files"),
    position: v.number(),
    content: v.string(),
    embedding: v.array(v.float64()),
  },
  handler: async (ctx, args) => {
    const file = await ctx.db.get(args.fileId);
    if (!file) return;
    await ctx.db.insert("fileChunks", { ...args, userId: file.userId });
    await ctx.db.patch(file._id, { chunkCount: file.chunkCount + 1 });
  },
});

export const chunksByIds = internalQuery({
  args: { ids: v.array(v.id("fileChunks")) },
  handler: async (ctx, { ids }) => {
    const chunks = await Promise.all(ids.map((id) => ctx.db.get(id)));
    const found = chunks.filter((chunk) => chunk !== null);
    return await Promise.all(
      found.map(async (chunk) => ({
        content: chunk.content,
        file: (await ctx.db.get(chunk.fileId))?.name ?? "",
      })),
    );
  },
});
