import { v } from "convex/values";
import { mutation, query, type QueryCtx } from "./_generated/server";
import type { Id } from "./_generated/dataModel";
import { notify } from "./lib/activity";
import { requireUser } from "./lib/auth";

async function pair(
  ctx: QueryCtx,
  followerId: Id<"users">,
  followingId: Id<"users">,
) {
  return await ctx.db
    .query("follows")
    .withIndex("by_pair", (q) =>
      q.eq("followerId", followerId).eq("followingId", followingId),
    )
    .unique();
}

export const toggle = mutation({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const user = await requireUser(ctx);
    if (userId === user._id) throw new Error("One can't follow oneself");
    const existing = await pair(ctx, user._id, userId);
    if (existing) {
      await ctx.db.delete(existing._id);
      return false;
    }
    await ctx.db.insert("follows", {
      followerId: user._id,
      followingId: userId,
      createdAt: Date.now(),
    });
    await notify(ctx, userId, {
      kind: "social",
      title: `${user.name} follows you`,
    });
    return true;
  },
});

export const isFollowing = query({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const user = await requireUser(ctx);
    return (await pair(ctx, user._id, userId)) !== null;
  },
});

export const followers = query({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const follows = await ctx.db
      .query("follows")
      .withIndex("by_following", (q) => q.eq("followingId", userId))
      .take(100);
    const users = await Promise.all(
      follows.map(({ followerId }) => ctx.db.get(followerId)),
    );
    return users
      .filter((user) => user !== null)
      .map(({ _id, name, imageUrl }) => ({ _id, name, imageUrl }));
  },
});
