import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { requireConversation } from "./lib/access";
import { notify } from "./lib/activity";
import { getCurrentUser, requireUser } from "./lib/auth";

/** Everybody's, the newest first. */
export const latest = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) =>
    await ctx.db
      .query("posts")
      .withIndex("by_published")
      .order("desc")
      .paginate(paginationOpts),
});

/** Of those whom the user follows. */
export const following = query({
  args: {},
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    if (!user) return [];
    const follows = await ctx.db
      .query("follows")
      .withIndex("by_follower", (q) => q.eq("followerId", user._id))
      .collect();
    const posts = await Promise.all(
      follows.map(({ followingId }) =>
        ctx.db
          .query("posts")
          .withIndex("by_creator", (q) => q.eq("creatorId", followingId))
          .order("desc")
          .take(10),
      ),
    );
    const newest = posts
      .flat()
      .sort((a, b) => b.publishedAt - a.publishedAt)
      .slice(0, 50);
    return await Promise.all(
      newest.map(async (post) => ({
        ...post,
        creator: (await ctx.db.get(post.creatorId))?.name ?? "Somebody",
      })),
    );
  },
});

export const byCreator = query({
  args: { creatorId: v.id("users") },
  handler: async (ctx, { creatorId }) =>
    await ctx.db
      .query("posts")
      .withIndex("by_creator", (q) => q.eq("creatorId", creatorId))
      .order("desc")
      .take(50),
});

export const get = query({
  args: { postId: v.id("posts") },
  handler: async (ctx, { postId }) => {
    const post = await ctx.db.get(postId);
    if (!post) return null;
    const user = await getCurrentUser(ctx);
    const like = user
      ? await ctx.db
          .query("postLikes")
          .withIndex("by_user_post", (q) =>
            q.eq("userId", user._id).eq("postId", postId),
          )
          .unique()
      : null;
    return { ...post, liked: like !== null };
  },
});

/** An answer that is worth showing to others. */
export const publishAnswer = mutation({
  args: { messageId: v.id("messages"), title: v.string() },
  handler: async (ctx, { messageId, title }) => {
    const user = await requireUser(ctx);
    const message = await ctx.db.get(messageId);
    if (!message) throw new Error("Message not found");
    await requireConversation(ctx, user._id, message.conversationId);
    const postId = await ctx.db.insert("posts", {
      creatorId: user._id,
      title,
      body: message.content,
      likes: 0,
      publishedAt: Date.now(),
    });
    const followers = await ctx.db
      .query("follows")
      .withIndex("by_following", (q) => q.eq("followingId", user._id))
      .take(200);
    for (const { followerId } of followers) {
      await notify(ctx, followerId, {
        kind: "social",
        title: `${user.name} published "${title}"`,
        link: `/posts/${postId}`,
      });
    }
    return postId;
  },
});

export const like = mutation({
  args: { postId: v.id("posts") },
  handler: async (ctx, { postId }) => {
    const user = await requireUser(ctx);
    const post = await ctx.db.get(postId);
    if (!post) throw new Error("Post not found");
    const existing = await ctx.db
      .query("postLikes")
      .withIndex("by_user_post", (q) =>
        q.eq("userId", user._id).eq("postId", postId),
      )
      .unique();
    if (existing) {
      await ctx.db.delete(existing._id);
      await ctx.db.patch(postId, { likes: Math.max(0, post.likes - 1) });
      return false;
    }
    await ctx.db.insert("postLikes", { userId: user._id, postId });
    await ctx.db.patch(postId, { likes: post.likes + 1 });
    return true;
  },
});

export const remove = mutation({
  args: { postId: v.id("posts") },
  handler: async (ctx, { postId }) => {
    const user = await requireUser(ctx);
    const post = await ctx.db.get(postId);
    if (post?.creatorId !== user._id) throw new Error("Post not found");
    const likes = await ctx.db
      .query("postLikes")
      .withIndex("by_post", (q) => q.eq("postId", postId))
      .collect();
    for (const { _id } of likes) await ctx.db.delete(_id);
    await ctx.db.delete(postId);
  },
});
