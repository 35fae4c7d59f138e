import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import {
  internalMutation,
  internalQuery,
  mutation,
  query,
  type MutationCtx,
} from "./_generated/server";
import {
  getCurrentUser,
  getCurrentUserOrCreate,
  requireUser,
} from "./lib/auth";
import {
  deleteBookmark,
  deleteCanvas,
  deleteConversation,
} from "./lib/cascade";

export const me = query({
  handler: async (ctx) => {
    return await getCurrentUser(ctx);
  },
});

/** Called by the app when it starts, so that there is a row. */
export const ensure = mutation({
  args: { timezone: v.optional(v.string()) },
  handler: async (ctx, args) => {
    const user = await getCurrentUserOrCreate(ctx);
    if (args.timezone && args.timezone !== user.timezone) {
      await ctx.db.patch(user._id, {
        timezone: args.timezone,
        updatedAt: Date.now(),
      });
    }
    return user._id;
  },
});

export const getProfile = query({
  args: { userId: v.id("users") },
  handler: async (ctx, args) => {
    const user = await ctx.db.get(args.userId);
    if (!user) return null;
    const stats = await ctx.db
      .query("userStats")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .unique();
    return {
      name: user.name,
      imageUrl: user.imageUrl,
      bio: user.bio,
      memberSince: user.createdAt,
      messages: stats?.messages ?? 0,
    };
  },
});

export const updateProfile = mutation({
  args: {
    name: v.optional(v.string()),
    bio: v.optional(v.string()),
    timezone: v.optional(v.string()),
  },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    if (args.name !== undefined && args.name.trim() === "") {
      throw new Error("A name can't be empty");
    }
    await ctx.db.patch(user._id, { ...args, updatedAt: Date.now() });
  },
});

export const search = query({
  args: { text: v.string() },
  handler: async (ctx, args) => {
    await requireUser(ctx);
    const found = await ctx.db
      .query("users")
      .withSearchIndex("search_name", (q) => q.search("name", args.text))
      .take(10);
    return found.map(({ _id, name, imageUrl }) => ({ _id, name, imageUrl }));
  },
});

const MY_TABLES = [
  "notes",
  "memories",
  "tasks",
  "projects",
  "snippets",
  "tags",
] as const;

/** Deletes what a user has written and keeps the account. */
async function deleteContent(ctx: MutationCtx, userId: Id<"users">) {
  const conversations = await ctx.db
    .query("conversations")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .collect();
  for (const { _id } of conversations) await deleteConversation(ctx, _id);

  const bookmarks = await ctx.db
    .query("bookmarks")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .collect();
  for (const { _id } of bookmarks) await deleteBookmark(ctx, _id);

  for (const table of MY_TABLES) {
    const docs = await ctx.db
      .query(table)
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .collect();
    for (const doc of docs) await ctx.db.delete(doc._id);
  }

  const prompts = await ctx.db
    .query("prompts")
    .withIndex("by_creator", (q) => q.eq("creatorId", userId))
    .collect();
  for (const prompt of prompts) await ctx.db.delete(prompt._id);

  const canvases = await ctx.db
    .query("canvasDocuments")
    .withIndex("by_owner", (q) => q.eq("ownerId", userId))
    .collect();
  for (const canvas of canvases) await deleteCanvas(ctx, canvas._id);

  const files = await ctx.db
    .query("files")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .collect();
  for (const file of files) {
    await ctx.storage.delete(file.storageId);
    const chunks = await ctx.db
      .query("fileChunks")
      .withIndex("by_file", (q) => q.eq("fileId", file._id))
      .collect();
    for (const chunk of chunks) await ctx.db.delete(chunk._id);
    await ctx.db.delete(file._id);
  }
}

/** "Delete all my data" in the settings. */
export const deleteMyData = mutation({
  args: { confirm: v.literal("DELETE") },
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    await deleteContent(ctx, user._id);
    return { deletedAt: Date.now() };
  },
});

/** As `deleteMyData`; the account goes, too. */
export const deleteAccount = mutation({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    await deleteContent(ctx, user._id);
    await ctx.scheduler.runAfter(0, internal.users.removeAccount, {
      userId: user._id,
    });
  },
});

/** The rows of an account, once its content is gone. */
export const removeAccount = internalMutation({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    for (const table of [
      "userPreferences",
      "userStats",
      "userOnboarding",
      "userApiKeys",
      "cliTokens",
      "notifications",
      "activityEvents",
      "webhooks",
    ] as const) {
      const rows = await ctx.db
        .query(table)
        .withIndex("by_user", (q) => q.eq("userId", userId))
        .collect();
      for (const row of rows) await ctx.db.delete(row._id);
    }
    await ctx.db.delete(userId);
  },
});

export const upsertFromClerk = internalMutation({
  args: {
    clerkId: v.string(),
    email: v.string(),
    name: v.string(),
    imageUrl: v.optional(v.string()),
  },
  handler: async (ctx, args) => {
    const now = Date.now();
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", args.clerkId))
      .unique();
    if (user) {
      await ctx.db.patch(user._id, { ...args, updatedAt: now });
      return user._id;
    }
    const userId = await ctx.db.insert("users", {
      ...args,
      plan: "free",
      createdAt: now,
      updatedAt: now,
    });
    await ctx.scheduler.runAfter(0, internal.emails.sendWelcome, { userId });
    return userId;
  },
});

export const deleteFromClerk = internalMutation({
  args: { clerkId: v.string() },
  handler: async (ctx, args) => {
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", args.clerkId))
      .unique();
    if (!user) return;
    await deleteContent(ctx, user._id);
    await ctx.scheduler.runAfter(0, internal.users.removeAccount, {
      userId: user._id,
    });
  },
});

export const getById = internalQuery({
  args: { userId: v.id("users") },
  handler: async (ctx, args) => await ctx.db.get(args.userId),
});

/** Who calls, for actions. */
export const current = internalQuery({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    return user._id;
  },
});
