import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import {
  mutation,
  query,
  type MutationCtx,
  type QueryCtx,
} from "./_generated/server";
import { sha256 } from "./lib/crypto";
import { insertMessage } from "./lib/messages";
import { DEFAULT_MODEL } from "@/lib/models";

/** Whose token it is. The command line has no session of the browser's. */
async function userOfToken(
  ctx: QueryCtx | MutationCtx,
  token: string,
): Promise<Id<"users">> {
  const tokenHash = await sha256(token);
  const row = await ctx.db
    .query("cliTokens")
    .withIndex("by_hash", (q) => q.eq("tokenHash", tokenHash))
    .unique();
  if (!row || row.revokedAt !== undefined) {
    throw new ConvexError("Sign in again: parley login");
  }
  return row.userId;
}

const token = v.string();

export const whoami = query({
  args: { token },
  handler: async (ctx, args) => {
    const user = await ctx.db.get(await userOfToken(ctx, args.token));
    return user && { name: user.name, email: user.email, plan: user.plan };
  },
});

export const conversations = query({
  args: { token, limit: v.optional(v.number()) },
  handler: async (ctx, args) => {
    const userId = await userOfToken(ctx, args.token);
    return await ctx.db
      .query("conversations")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .order("desc")
      .take(args.limit ?? 20);
  },
});

export const messages = query({
  args: { token, conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    const userId = await userOfToken(ctx, args.token);
    const conversation = await ctx.db.get(args.conversationId);
    if (conversation?.userId !== userId) throw new ConvexError("Not found");
    return await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversation._id),
      )
      .collect();
  },
});

export const send = mutation({
  args: {
    token,
    conversationId: v.optional(v.id("conversations")),
    content: v.string(),
  },
  handler: async (ctx, args) => {
    const userId = await userOfToken(ctx, args.token);
    const now = Date.now();
    const conversationId =
      args.conversationId ??
      (await ctx.db.insert("conversations", {
        userId,
        title: args.content.slice(0, 40),
        model: DEFAULT_MODEL,
        pinned: false,
        archived: false,
        starred: false,
        messageCount: 0,
        lastMessageAt: now,
        createdAt: now,
        updatedAt: now,
      }));
    const conversation = await ctx.db.get(conversationId);
    if (conversation?.userId !== userId) throw new ConvexError("Not found");
    const question = await insertMessage(ctx, {
      conversationId,
      userId,
      role: "user",
      content: args.content,
      status: "complete",
    });
    const messageId = await insertMessage(ctx, {
      conversationId,
      userId,
      role: "assistant",
      content: "",
      status: "pending",
      model: conversation.model,
      parentMessageId: question,
    });
    await ctx.scheduler.runAfter(0, internal.generation.generateResponse, {
      conversationId,
      messageId,
      userId,
      model: conversation.model,
    });
    return { conversationId, messageId };
  },
});

export const addNote = mutation({
  args: { token, title: v.string(), content: v.string() },
  handler: async (ctx, { token, title, content }) => {
    const userId = await userOfToken(ctx, token);
    const now = Date.now();
    return await ctx.db.insert("notes", {
      userId,
      title,
      content,
      pinned: false,
      createdAt: now,
      updatedAt: now,
    });
  },
});

/** "Last used" in the settings; the command line calls it once a day. */
export const touch = mutation({
  args: { token },
  handler: async (ctx, args) => {
    const tokenHash = await sha256(args.token);
    const row = await ctx.db
      .query("cliTokens")
      .withIndex("by_hash", (q) => q.eq("tokenHash", tokenHash))
      .unique();
    if (row) await ctx.db.patch(row._id, { lastUsedAt: Date.now() });
  },
});
