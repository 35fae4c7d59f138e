import { v } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import { internalQuery, query } from "../_generated/server";

/** Who calls. `db` is `any`: with its type, the compiler gives up on `api`. */
async function callerOf(ctx: {
  auth: { getUserIdentity: () => Promise<{ subject: string } | null> };
  db: any;
}): Promise<Doc<"users"> | null> {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) return null;
  return await ctx.db
    .query("users")
    .withIndex("by_clerk_id", (q: any) => q.eq("clerkId", identity.subject))
    .unique();
}

async function readAll(ctx: { db: any }, ids: string[]) {
  return await Promise.all(ids.map((id) => ctx.db.get(id)));
}

export const messages = query({
  args: {
    text: v.string(),
    conversationId: v.optional(v.id("conversations")),
  },
  handler: async (ctx, { text, conversationId }) => {
    const user = await callerOf(ctx);
    if (!user) return [];
    const found = await ctx.db
      .query("messages")
      .withSearchIndex("search_content", (q) => {
        const mine = q.search("content", text).eq("userId", user._id);
        return conversationId
          ? mine.eq("conversationId", conversationId)
          : mine;
      })
      .take(30);
    return await Promise.all(
      found.map(async (message) => ({
        message,
        title: (await ctx.db.get(message.conversationId))?.title ?? "",
      })),
    );
  },
});

export const conversations = query({
  args: { text: v.string(), archived: v.optional(v.boolean()) },
  handler: async (ctx, { text, archived }) => {
    const user = await callerOf(ctx);
    if (!user) return [];
    return await ctx.db
      .query("conversations")
      .withSearchIndex("search_title", (q) => {
        const mine = q.search("title", text).eq("userId", user._id);
        return archived === undefined ? mine : mine.eq("archived", archived);
      })
      .take(20);
  },
});

/** What the palette opened last, kept by the client as plain strings. */
export const reopen = query({
  args: { ids: v.array(v.string()) },
  handler: async (ctx, { ids }) => {
    const user = await callerOf(ctx);
    if (!user) return [];
    const docs = await readAll(ctx, ids.slice(0, 10));
    return docs.filter((doc) => doc?.userId === user._id);
  },
});

export const messageIds = internalQuery({
  args: { userId: v.id("users"), text: v.string() },
  handler: async (ctx, { userId, text }) => {
    const found = await ctx.db
      .query("messages")
      .withSearchIndex("search_content", (q) =>
        q.search("content", text).eq("userId", userId),
      )
      .take(50);
    return found.map((message) => message._id);
  },
});

export const conversationIds = internalQuery({
  args: { userId: v.id("users"), text: v.string() },
  handler: async (ctx, { userId, text }) => {
    const found = await ctx.db
      .query("conversations")
      .withSearchIndex("search_title", (q) =>
        q.search("title", text).eq("userId", userId),
      )
      .take(30);
    return found.map((conversation) => conversation._id);
  },
});
