import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { mutation, query, type MutationCtx } from "./_generated/server";
import { requireConversation, requireMessage } from "./lib/access";
import { requirePro, requireUser } from "./lib/auth";
import { deleteMessage } from "./lib/cascade";
import { insertMessage } from "./lib/messages";
import { getPreference } from "./lib/preferences";

/** Writes the empty answer and has it generated. */
async function startGeneration(
  ctx: MutationCtx,
  conversation: Doc<"conversations">,
  parentMessageId: Id<"messages">,
  options: { model?: string; comparisonGroup?: string } = {},
): Promise<Id<"messages">> {
  const model = options.model ?? conversation.model;
  const messageId = await insertMessage(ctx, {
    conversationId: conversation._id,
    userId: conversation.userId,
    role: "assistant",
    content: "",
    status: "pending",
    model,
    parentMessageId,
    branchId: conversation.activeBranchId,
    comparisonGroup: options.comparisonGroup,
  });
  const jobId = await ctx.scheduler.runAfter(
    0,
    internal.generation.generateResponse,
    {
      conversationId: conversation._id,
      messageId,
      userId: conversation.userId,
      model,
    },
  );
  await ctx.db.patch(messageId, { jobId });
  return messageId;
}

/** The newest message that an answer can hang from. */
async function lastOf(ctx: MutationCtx, conversation: Doc<"conversations">) {
  return await ctx.db
    .query("messages")
    .withIndex("by_conversation", (q) =>
      q.eq("conversationId", conversation._id),
    )
    .order("desc")
    .first();
}

export const sendMessage = mutation({
  args: {
    conversationId: v.optional(v.id("conversations")),
    content: v.string(),
    model: v.optional(v.string()),
    attachmentIds: v.optional(v.array(v.id("attachments"))),
  },
  returns: v.object({
    conversationId: v.id("conversations"),
    userMessageId: v.id("messages"),
    assistantMessageId: v.id("messages"),
  }),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const now = Date.now();
    let conversationId = args.conversationId;
    if (!conversationId) {
      conversationId = await ctx.db.insert("conversations", {
        userId: user._id,
        title: args.content.slice(0, 40) || "New chat",
        model:
          args.model ?? (await getPreference(ctx, user._id, "defaultModel")),
        pinned: false,
        archived: false,
        starred: false,
        messageCount: 0,
        lastMessageAt: now,
        createdAt: now,
        updatedAt: now,
      });
    }
    const conversation = await requireConversation(
      ctx,
      user._id,
      conversationId,
    );
    const parent = await lastOf(ctx, conversation);
    const userMessageId = await insertMessage(ctx, {
      conversationId,
      userId: user._id,
      role: "user",
      content: args.content,
      status: "complete",
      parentMessageId: parent?._id,
      branchId: conversation.activeBranchId,
    });
    for (const attachmentId of args.attachmentIds ?? []) {
      const attachment = await ctx.db.get(attachmentId);
      if (attachment?.userId !== user._id) continue;
      await ctx.db.patch(attachmentId, { messageId: userMessageId });
    }
    const draft = await ctx.db
      .query("drafts")
      .withIndex("by_user_conversation", (q) =>
        q.eq("userId", user._id).eq("conversationId", conversationId),
      )
      .unique();
    if (draft) await ctx.db.delete(draft._id);

    const assistantMessageId = await startGeneration(
      ctx,
      conversation,
      userMessageId,
      { model: args.model },
    );
    await ctx.scheduler.runAfter(0, internal.users.stats.increment, {
      userId: user._id,
      messages: 1,
    });
    return { conversationId, userMessageId, assistantMessageId };
  },
});

/** The same question to several models, side by side. Pro. */
export const sendComparison = mutation({
  args: {
    conversationId: v.id("conversations"),
    content: v.string(),
    models: v.array(v.string()),
  },
  handler: async (ctx, args) => {
    const user = await requirePro(ctx);
    if (args.models.length < 2 || args.models.length > 4) {
      throw new Error("Compare two to four models");
    }
    const conversation = await requireConversation(
      ctx,
      user._id,
      args.conversationId,
    );
    const userMessageId = await insertMessage(ctx, {
      conversationId: conversation._id,
      userId: user._id,
      role: "user",
      content: args.content,
      status: "complete",
    });
    const comparisonGroup = `${userMessageId}-${Date.now()}`;
    return await Promise.all(
      args.models.map((model) =>
        startGeneration(ctx, conversation, userMessageId, {
          model,
          comparisonGroup,
        }),
      ),
    );
  },
});

/** Keeps one of the compared answers and deletes the others. */
export const pickAnswer = mutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const picked = await requireMessage(ctx, user._id, args.messageId);
    if (!picked.comparisonGroup) throw new Error("Nothing to pick from");
    const answers = await ctx.db
      .query("messages")
      .withIndex("by_parent", (q) =>
        q.eq("parentMessageId", picked.parentMessageId),
      )
      .collect();
    for (const answer of answers) {
      if (answer._id === picked._id) continue;
      if (answer.comparisonGroup !== picked.comparisonGroup) continue;
      await deleteMessage(ctx, answer._id);
      if (picked.model && answer.model) {
        await ctx.db.insert("modelVotes", {
          userId: user._id,
          winner: picked.model,
          loser: answer.model,
          createdAt: Date.now(),
        });
      }
    }
    await ctx.db.patch(picked._id, { comparisonGroup: undefined });
  },
});

/** Another answer to the same question; the old one is kept as a version. */
export const regenerate = mutation({
  args: { messageId: v.id("messages"), model: v.optional(v.string()) },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, args.messageId);
    if (message.role !== "assistant") throw new Error("Not an answer");
    const model = args.model ?? message.model;
    await ctx.db.insert("messageVersions", {
      messageId: message._id,
      userId: user._id,
      content: message.content,
      model: message.model,
      createdAt: Date.now(),
    });
    const conversation = await requireConversation(
      ctx,
      user._id,
      message.conversationId,
    );
    const jobId = await ctx.scheduler.runAfter(
      0,
      internal.generation.generateResponse,
      {
        conversationId: conversation._id,
        messageId: message._id,
        userId: user._id,
        model: model ?? conversation.model,
      },
    );
    await ctx.db.patch(message._id, {
      content: "",
      status: "pending",
      model,
      jobId,
      updatedAt: Date.now(),
    });
  },
});

export const stop = mutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, args.messageId);
    if (message.jobId) await ctx.scheduler.cancel(message.jobId);
    await ctx.db.patch(message._id, {
      content: message.partialContent ?? message.content,
      partialContent: undefined,
      status: "stopped",
      updatedAt: Date.now(),
    });
  },
});

/** Changes what the user said and asks again. */
export const editAndResend = mutation({
  args: { messageId: v.id("messages"), content: v.string() },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, args.messageId);
    const conversation = await requireConversation(
      ctx,
      user._id,
      message.conversationId,
    );
    await ctx.db.insert("messageVersions", {
      messageId: message._id,
      userId: user._id,
      content: message.content,
      createdAt: Date.now(),
    });
    await ctx.db.patch(message._id, {
      content: args.content,
      updatedAt: Date.now(),
    });
    const later = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q
          .eq("conversationId", conversation._id)
          .gt("createdAt", message.createdAt),
      )
      .collect();
    for (const { _id } of later) await deleteMessage(ctx, _id);
    return await startGeneration(ctx, conversation, message._id);
  },
});

/** What the composer asks before it lets one send. */
export const canSend = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    if (user.bannedAt) return { ok: false, reason: "suspended" };
    const running = await ctx.db
      .query("messages")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .take(10);
    const busy = running.filter(({ status }) => status === "generating");
    return busy.length < 5
      ? { ok: true, reason: null }
      : { ok: false, reason: "Five answers are being written already" };
  },
});
