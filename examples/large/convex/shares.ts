import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import {
  internalMutation,
  mutation,
  query,
  type QueryCtx,
} from "./_generated/server";
import { assertOwner, requireConversation } from "./lib/access";
import { notify } from "./lib/activity";
import { getCurrentUser, requireUser } from "./lib/auth";
import { randomToken, sha256 } from "./lib/crypto";

/** The share, if it may be seen with this password. */
export async function openShare(
  ctx: QueryCtx,
  token: string,
  password: string | undefined,
): Promise<Doc<"shares"> | null> {
  const share = await ctx.db
    .query("shares")
    .withIndex("by_token", (q) => q.eq("token", token))
    .unique();
  if (!share || share.revokedAt !== undefined) return null;
  if (share.expiresAt !== undefined && share.expiresAt < Date.now())
    return null;
  if (share.passwordHash) {
    if ((await sha256(password ?? "")) !== share.passwordHash) return null;
  }
  return share;
}

const options = {
  password: v.optional(v.string()),
  expiresAt: v.optional(v.number()),
};

export const shareConversation = mutation({
  args: { conversationId: v.id("conversations"), ...options },
  handler: async (ctx, { conversationId, password, expiresAt }) => {
    const user = await requireUser(ctx);
    const { title } = await requireConversation(ctx, user._id, conversationId);
    const token = randomToken(24);
    await ctx.db.insert("shares", {
      userId: user._id,
      token,
      title,
      conversationId,
      passwordHash: password ? await sha256(password) : undefined,
      expiresAt,
      views: 0,
      createdAt: Date.now(),
    });
    return token;
  },
});

export const shareNote = mutation({
  args: { noteId: v.id("notes"), ...options },
  handler: async (ctx, { noteId, password, expiresAt }) => {
    const user = await requireUser(ctx);
    const note = await ctx.db.get(noteId);
    assertOwner(note, user._id, "Note");
    const token = randomToken(24);
    await ctx.db.insert("shares", {
      userId: user._id,
      token,
      title: note.title,
      noteId,
      passwordHash: password ? await sha256(password) : undefined,
      expiresAt,
      views: 0,
      createdAt: Date.now(),
    });
    return token;
  },
});

export const mine = query({
  args: {},
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const shares = await ctx.db
      .query("shares")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .collect();
    return shares.map(({ passwordHash, ...share }) => ({
      ...share,
      protected: passwordHash !== undefined,
    }));
  },
});

/** The page behind a link; for anybody. */
export const view = query({
  args: { token: v.string(), password: v.optional(v.string()) },
  handler: async (ctx, { token, password }) => {
    const share = await openShare(ctx, token, password);
    if (!share) return null;
    const { conversationId, noteId } = share;
    if (noteId) {
      const note = await ctx.db.get(noteId);
      return note && { title: note.title, messages: [], note: note.content };
    }
    if (!conversationId) return null;
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .collect();
    return {
      title: share.title,
      messages: messages.map(({ role, content }) => ({ role, content })),
      note: null,
    };
  },
});

export const recordView = mutation({
  args: { token: v.string() },
  handler: async (ctx, { token }) => {
    const share = await ctx.db
      .query("shares")
      .withIndex("by_token", (q) => q.eq("token", token))
      .unique();
    if (!share) return;
    const viewer = await getCurrentUser(ctx);
    if (viewer?._id === share.userId) return;
    await ctx.db.insert("shareViews", {
      shareId: share._id,
      viewerId: viewer?._id,
      viewedAt: Date.now(),
    });
    await ctx.db.patch(share._id, { views: share.views + 1 });
    if (share.views === 0) {
      await notify(ctx, share.userId, {
        kind: "share_viewed",
        title: `Somebody has seen "${share.title}"`,
      });
    }
  },
});

export const revoke = mutation({
  args: { shareId: v.id("shares") },
  handler: async (ctx, { shareId }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(shareId), user._id, "Share");
    await ctx.db.patch(shareId, { revokedAt: Date.now() });
  },
});

export const removeExpired = internalMutation({
  args: {},
  handler: async (ctx) => {
    const expired = await ctx.db
      .query("shares")
      .withIndex("by_expiry", (q) =>
        q.gt("expiresAt", 0).lt("expiresAt", Date.now()),
      )
      .take(100);
    for (const share of expired) {
      const views = await ctx.db
        .query("shareViews")
        .withIndex("by_share", (q) => q.eq("shareId", share._id))
        .collect();
      for (const { _id } of views) await ctx.db.delete(_id);
      await ctx.db.delete(share._id);
    }
  },
});
