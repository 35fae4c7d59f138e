import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { mutation, type MutationCtx } from "../_generated/server";
import { logActivity } from "../lib/activity";
import { requireUser } from "../lib/auth";
import { bumpTag, deleteConversation } from "../lib/cascade";

const ids = { conversationIds: v.array(v.id("conversations")) };

const MAX_BULK = 100;

/** Those of the ids that are the caller's. */
async function mine(
  ctx: MutationCtx,
  userId: Id<"users">,
  conversationIds: Id<"conversations">[],
): Promise<Doc<"conversations">[]> {
  if (conversationIds.length > MAX_BULK) {
    throw new Error(`At most ${MAX_BULK} at once`);
  }
  const docs = await Promise.all(conversationIds.map((id) => ctx.db.get(id)));
  return docs.filter(
    (doc): doc is Doc<"conversations"> => doc?.userId === userId,
  );
}

export const bulkArchive = mutation({
  args: { ...ids, archived: v.boolean() },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const found = await mine(ctx, user._id, args.conversationIds);
    for (const conversation of found) {
      await ctx.db.patch(conversation._id, {
        archived: args.archived,
        updatedAt: Date.now(),
      });
    }
    return found.length;
  },
});

export const bulkPin = mutation({
  args: { ...ids, pinned: v.boolean() },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const found = await mine(ctx, user._id, args.conversationIds);
    await Promise.all(
      found.map((conversation) =>
        ctx.db.patch(conversation._id, { pinned: args.pinned }),
      ),
    );
    return found.length;
  },
});

export const bulkDelete = mutation({
  args: ids,
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const found = await mine(ctx, user._id, args.conversationIds);
    for (const conversation of found) {
      await deleteConversation(ctx, conversation._id);
    }
    if (found.length > 0) {
      await logActivity(
        ctx,
        user._id,
        "removed",
        "conversation",
        found[0]!._id,
        `${found.length} conversations`,
      );
    }
    return found.length;
  },
});

export const bulkMove = mutation({
  args: { ...ids, projectId: v.union(v.id("projects"), v.null()) },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    if (args.projectId) {
      const project = await ctx.db.get(args.projectId);
      if (project?.userId !== user._id) throw new Error("Project not found");
    }
    const found = await mine(ctx, user._id, args.conversationIds);
    for (const conversation of found) {
      const joins = await ctx.db
        .query("projectConversations")
        .withIndex("by_conversation", (q) =>
          q.eq("conversationId", conversation._id),
        )
        .collect();
      for (const join of joins) await ctx.db.delete(join._id);
      if (args.projectId) {
        await ctx.db.insert("projectConversations", {
          projectId: args.projectId,
          conversationId: conversation._id,
          addedAt: Date.now(),
        });
      }
      await ctx.db.patch(conversation._id, {
        projectId: args.projectId ?? undefined,
      });
    }
    return found.length;
  },
});

export const bulkTag = mutation({
  args: { ...ids, tagId: v.id("tags") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const tag = await ctx.db.get(args.tagId);
    if (!tag || tag.userId !== user._id) throw new Error("Tag not found");
    for (const conversation of await mine(
      ctx,
      user._id,
      args.conversationIds,
    )) {
      const existing = await ctx.db
        .query("conversationTags")
        .withIndex("by_conversation_tag", (q) =>
          q.eq("conversationId", conversation._id).eq("tagId", tag._id),
        )
        .unique();
      if (existing) continue;
      await ctx.db.insert("conversationTags", {
        userId: user._id,
        conversationId: conversation._id,
        tagId: tag._id,
      });
      await bumpTag(ctx, tag._id, 1);
    }
  },
});
