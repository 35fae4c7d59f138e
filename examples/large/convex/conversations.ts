import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { mutation, query } from "./_generated/server";
import { requireConversation } from "./lib/access";
import { logActivity } from "./lib/activity";
import {
  getCurrentUser,
  getCurrentUserOrCreate,
  requireUser,
} from "./lib/auth";
import { deleteConversation } from "./lib/cascade";
import { MAX_PINNED, MAX_TITLE } from "./lib/constants";
import { getPreference } from "./lib/preferences";
import { isModel } from "@/lib/models";

export const list = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    return await ctx.db
      .query("conversations")
      .withIndex("by_user_archived", (q) =>
        q.eq("userId", user._id).eq("archived", false),
      )
      .order("desc")
      .paginate(args.paginationOpts);
  },
});

export const listArchived = query({
  args: { limit: v.optional(v.number()) },
  handler: async (ctx, args) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    return await ctx.db
      .query("conversations")
      .withIndex("by_user_archived", (q) =>
        q.eq("userId", user._id).eq("archived", true),
      )
      .order("desc")
      .take(args.limit ?? 50);
  },
});

/** The sidebar: pinned ones first, then today's. */
export const sidebar = query({
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    if (!identity) return { pinned: [], recent: [] };
    const user = await ctx.db
      .query("users")
      .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
      .unique();
    if (!user) return { pinned: [], recent: [] };
    const newest = await ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .take(100);
    const shown = newest.filter((conversation) => !conversation.archived);
    return {
      pinned: shown.filter((conversation) => conversation.pinned),
      recent: shown.filter((conversation) => !conversation.pinned),
    };
  },
});

export const get = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    const user = await getCurrentUser(ctx);
    if (!user) return null;
    const conversation = await ctx.db.get(args.conversationId);
    if (!conversation || conversation.userId !== user._id) return null;
    return conversation;
  },
});

export const create = mutation({
  args: {
    title: v.optional(v.string()),
    model: v.optional(v.string()),
    systemPrompt: v.optional(v.string()),
    projectId: v.optional(v.id("projects")),
  },
  handler: async (ctx, args) => {
    const user = await getCurrentUserOrCreate(ctx);
    const now = Date.now();
    const model =
      args.model ?? (await getPreference(ctx, user._id, "defaultModel"));
    const conversationId = await ctx.db.insert("conversations", {
      userId: user._id,
      title: (args.title ?? "New chat").slice(0, MAX_TITLE),
      model,
      systemPrompt: args.systemPrompt,
      projectId: args.projectId,
      pinned: false,
      archived: false,
      starred: false,
      messageCount: 0,
      lastMessageAt: now,
      createdAt: now,
      updatedAt: now,
    });
    if (args.projectId) {
      await ctx.db.insert("projectConversations", {
        projectId: args.projectId,
        conversationId,
        addedAt: now,
      });
    }
    await ctx.scheduler.runAfter(0, internal.users.stats.increment, {
      userId: user._id,
      conversations: 1,
    });
    return conversationId;
  },
});

export const rename = mutation({
  args: { conversationId: v.id("conversations"), title: v.string() },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await requireConversation(ctx, user._id, args.conversationId);
    const title = args.title.trim().slice(0, MAX_TITLE);
    if (!title) throw new Error("A title can't be empty");
    await ctx.db.patch(args.conversationId, { title, updatedAt: Date.now() });
  },
});

export const setModel = mutation({
  args: { conversationId: v.id("conversations"), model: v.string() },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await requireConversation(ctx, user._id, args.conversationId);
    if (!isModel(args.model)) throw new Error("No such model");
    await ctx.db.patch(args.conversationId, {
      model: args.model,
      updatedAt: Date.now(),
    });
  },
});

export const setSystemPrompt = mutation({
  args: {
    conversationId: v.id("conversations"),
    systemPrompt: v.optional(v.string()),
  },
  handler: async (ctx, { conversationId, systemPrompt }) => {
    const user = await requireUser(ctx);
    await requireConversation(ctx, user._id, conversationId);
    await ctx.db.patch(conversationId, { systemPrompt, updatedAt: Date.now() });
  },
});

export const togglePin = mutation({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const conversation = await requireConversation(
      ctx,
      user._id,
      args.conversationId,
    );
    if (!conversation.pinned) {
      const all = await ctx.db
        .query("conversations")
        .withIndex("by_user", (q) => q.eq("userId", user._id))
        .filter((q) => q.eq(q.field("pinned"), true))
        .collect();
      if (all.length >= MAX_PINNED) throw new Error("Too many are pinned");
    }
    await ctx.db.patch(conversation._id, { pinned: !conversation.pinned });
    return !conversation.pinned;
  },
});

export const toggleStar = mutation({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const { starred } = await requireConversation(
      ctx,
      user._id,
      args.conversationId,
    );
    await ctx.db.patch(args.conversationId, { starred: !starred });
  },
});

export const archive = mutation({
  args: { conversationId: v.id("conversations"), archived: v.boolean() },
  handler: async (ctx, { conversationId, archived }) => {
    const user = await requireUser(ctx);
    await requireConversation(ctx, user._id, conversationId);
    await ctx.db.patch(conversationId, {
      archived,
      pinned: false,
      updatedAt: Date.now(),
    });
  },
});

export const remove = mutation({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    const user = await requireUser(ctx);
    const conversation = await requireConversation(
      ctx,
      user._id,
      conversationId,
    );
    await deleteConversation(ctx, conversationId);
    await logActivity(
      ctx,
      user._id,
      "removed",
      "conversation",
      conversationId,
      conversation.title,
    );
  },
});
