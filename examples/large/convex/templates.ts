import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { requireConversation } from "./lib/access";
import { getCurrentUser, requireUser } from "./lib/auth";
import { rateLimit } from "./lib/rateLimit";

const HOUR = 60 * 60 * 1000;

export const gallery = query({
  args: { category: v.optional(v.string()) },
  handler: async (ctx, { category }) => {
    const templates = category
      ? ctx.db
          .query("templates")
          .withIndex("by_category", (q) => q.eq("category", category))
      : ctx.db.query("templates");
    const found = await templates.order("desc").take(200);
    return found.filter((template) => template.isPublic);
  },
});

export const search = query({
  args: { text: v.string() },
  handler: async (ctx, { text }) =>
    await ctx.db
      .query("templates")
      .withSearchIndex("search_name", (q) =>
        q.search("name", text).eq("isPublic", true),
      )
      .take(20),
});

export const mine = query({
  args: {},
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    return await ctx.db
      .query("templates")
      .withIndex("by_author", (q) => q.eq("authorId", user._id))
      .collect();
  },
});

export const create = mutation({
  args: {
    name: v.string(),
    description: v.string(),
    category: v.string(),
    prompt: v.string(),
    model: v.optional(v.string()),
    isPublic: v.boolean(),
  },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    if (args.isPublic) {
      await rateLimit(ctx, `publish-template:${user._id}`, 10, HOUR);
    }
    const now = Date.now();
    return await ctx.db.insert("templates", {
      ...args,
      authorId: user._id,
      usageCount: 0,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const update = mutation({
  args: {
    templateId: v.id("templates"),
    name: v.optional(v.string()),
    prompt: v.optional(v.string()),
    isPublic: v.optional(v.boolean()),
  },
  handler: async (ctx, { templateId, ...changes }) => {
    const user = await requireUser(ctx);
    const template = await ctx.db.get(templateId);
    if (template?.authorId !== user._id) throw new Error("Template not found");
    await ctx.db.patch(templateId, { ...changes, updatedAt: Date.now() });
  },
});

export const remove = mutation({
  args: { templateId: v.id("templates") },
  handler: async (ctx, { templateId }) => {
    const user = await requireUser(ctx);
    const template = await ctx.db.get(templateId);
    if (template?.authorId !== user._id) throw new Error("Template not found");
    const ratings = await ctx.db
      .query("templateRatings")
      .withIndex("by_template", (q) => q.eq("templateId", templateId))
      .collect();
    for (const rating of ratings) await ctx.db.delete(rating._id);
    await ctx.db.delete(templateId);
  },
});

/** A conversation's first question and system prompt, as a template. */
export const createFromConversation = mutation({
  args: { conversationId: v.id("conversations"), name: v.string() },
  handler: async (ctx, { conversationId, name }) => {
    const user = await requireUser(ctx);
    const conversation = await requireConversation(
      ctx,
      user._id,
      conversationId,
    );
    const first = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .first();
    const now = Date.now();
    return await ctx.db.insert("templates", {
      authorId: user._id,
      name,
      description: `From "${conversation.title}"`,
      category: "other",
      prompt: [conversation.systemPrompt, first?.content]
        .filter(Boolean)
        .join("\n\n"),
      model: conversation.model,
      isPublic: false,
      usageCount: 0,
      createdAt: now,
      updatedAt: now,
    });
  },
});
