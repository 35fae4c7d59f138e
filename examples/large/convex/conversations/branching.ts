import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { mutation, query, type QueryCtx } from "../_generated/server";
import { requireConversation, requireMessage } from "../lib/access";
import { addMessageToCount } from "../lib/aggregates";
import { getCurrentUser, requireUser } from "../lib/auth";

/** From the first message of the conversation to this one. */
async function pathTo(
  ctx: QueryCtx,
  messageId: Id<"messages">,
): Promise<Doc<"messages">[]> {
  const path: Doc<"messages">[] = [];
  let next: Id<"messages"> | undefined = messageId;
  while (next) {
    const message: Doc<"messages"> | null = await ctx.db.get(next);
    if (!message) break;
    path.unshift(message);
    next = message.parentMessageId;
  }
  return path;
}

/** Another way to go on from a message, in the same conversation. */
export const createBranch = mutation({
  args: { messageId: v.id("messages"), name: v.optional(v.string()) },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, args.messageId);
    const branchId = await ctx.db.insert("branches", {
      conversationId: message.conversationId,
      userId: user._id,
      name: args.name ?? "New branch",
      rootMessageId: message._id,
      createdAt: Date.now(),
    });
    await ctx.db.patch(message.conversationId, { activeBranchId: branchId });
    return branchId;
  },
});

export const listBranches = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    await requireConversation(ctx, user._id, args.conversationId);
    return await ctx.db
      .query("branches")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", args.conversationId),
      )
      .collect();
  },
});

export const switchBranch = mutation({
  args: {
    conversationId: v.id("conversations"),
    branchId: v.union(v.id("branches"), v.null()),
  },
  handler: async (ctx, { conversationId, branchId }) => {
    const user = await requireUser(ctx);
    await requireConversation(ctx, user._id, conversationId);
    if (branchId) {
      const branch = await ctx.db.get(branchId);
      if (branch?.conversationId !== conversationId) {
        throw new Error("Branch not found");
      }
    }
    await ctx.db.patch(conversationId, {
      activeBranchId: branchId ?? undefined,
    });
  },
});

export const renameBranch = mutation({
  args: { branchId: v.id("branches"), name: v.string() },
  handler: async (ctx, { branchId, name }) => {
    const user = await requireUser(ctx);
    const branch = await ctx.db.get(branchId);
    if (branch?.userId !== user._id) throw new Error("Branch not found");
    await ctx.db.patch(branchId, { name });
  },
});

/** Only what hangs from the branch goes; its root stays. */
export const deleteBranch = mutation({
  args: { branchId: v.id("branches") },
  handler: async (ctx, { branchId }) => {
    const user = await requireUser(ctx);
    const branch = await ctx.db.get(branchId);
    if (branch?.userId !== user._id) throw new Error("Branch not found");
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_branch", (q) => q.eq("branchId", branchId))
      .collect();
    for (const message of messages) await ctx.db.delete(message._id);
    const conversation = await ctx.db.get(branch.conversationId);
    if (conversation?.activeBranchId === branchId) {
      await ctx.db.patch(conversation._id, { activeBranchId: undefined });
    }
    await ctx.db.delete(branchId);
  },
});

/** The conversation up to a message, as a new one. */
export const forkConversation = mutation({
  args: { messageId: v.id("messages"), title: v.optional(v.string()) },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const message = await requireMessage(ctx, user._id, args.messageId);
    const source = await requireConversation(
      ctx,
      user._id,
      message.conversationId,
    );
    const path = await pathTo(ctx, message._id);
    const now = Date.now();
    const { _id, _creationTime, activeBranchId, embedding, ...kept } = source;
    const conversationId = await ctx.db.insert("conversations", {
      ...kept,
      title: args.title ?? `${source.title} (fork)`,
      parentConversationId: _id,
      branchedFromMessageId: message._id,
      messageCount: path.length,
      lastMessageAt: now,
      createdAt: now,
      updatedAt: now,
    });
    const copies = new Map<Id<"messages">, Id<"messages">>();
    for (const old of path) {
      const { _id, _creationTime, branchId, jobId, ...fields } = old;
      const copy = await ctx.db.insert("messages", {
        ...fields,
        conversationId,
        parentMessageId: fields.parentMessageId
          ? copies.get(fields.parentMessageId)
          : undefined,
      });
      copies.set(_id, copy);
      await addMessageToCount(ctx, (await ctx.db.get(copy))!);
    }
    return conversationId;
  },
});

/** The tree of forks that a conversation belongs to. */
export const lineage = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    let root = await requireConversation(ctx, user._id, args.conversationId);
    while (root.parentConversationId) {
      const parent = await ctx.db.get(root.parentConversationId);
      if (!parent) break;
      root = parent;
    }
    const children = await ctx.db
      .query("conversations")
      .withIndex("by_parent", (q) => q.eq("parentConversationId", root._id))
      .collect();
    return { root, children };
  },
});
