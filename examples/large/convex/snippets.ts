import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { assertOwner, requireMessage } from "./lib/access";
import { requireUser } from "./lib/auth";
import { readers } from "./lib/crud";

export const { get, recent: list } = readers("snippets");
export { removeManySnippets as removeMany } from "./lib/crud";

export const search = query({
  args: { text: v.string(), language: v.optional(v.string()) },
  handler: async (ctx, { text, language }) => {
    const user = await requireUser(ctx);
    return await ctx.db
      .query("snippets")
      .withSearchIndex("search_code", (q) => {
        const mine = q.search("code", text).eq("userId", user._id);
        return language ? mine.eq("language", language) : mine;
      })
      .take(30);
  },
});

export const create = mutation({
  args: { title: v.string(), code: v.string(), language: v.string() },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const now = Date.now();
    return await ctx.db.insert("snippets", {
      ...args,
      userId: user._id,
      useCount: 0,
      createdAt: now,
      updatedAt: now,
    });
  },
});

/** Every code block of an answer. */
export const saveFromMessage = mutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, messageId);
    const blocks = message.content.matchAll(/```(\w*)\n([\s\S]*?)```/g);
    const now = Date.now();
    const ids = [];
    for (const [, language, code] of blocks) {
      const id = await ctx.db.insert("snippets", {
        userId: user._id,
        title: code!.trim().split("\n")[0]!.slice(0, 60),
        code: code!,
        language: language || "text",
        sourceMessageId: messageId,
        useCount: 0,
        createdAt: now,
        updatedAt: now,
      });
      ids.push(id);
    }
    return ids;
  },
});

export const update = mutation({
  args: {
    id: v.id("snippets"),
    title: v.optional(v.string()),
    code: v.optional(v.string()),
    language: v.optional(v.string()),
  },
  handler: async (ctx, { id, ...changes }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(id), user._id, "Snippet");
    await ctx.db.patch(id, { ...changes, updatedAt: Date.now() });
  },
});

export const markUsed = mutation({
  args: { id: v.id("snippets") },
  handler: async (ctx, { id }) => {
    const user = await requireUser(ctx);
    const snippet = await ctx.db.get(id);
    assertOwner(snippet, user._id, "Snippet");
    await ctx.db.patch(id, { useCount: snippet.useCount + 1 });
  },
});
