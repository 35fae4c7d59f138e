import { defineTable } from "convex/server";
import { v } from "convex/values";

export const feedbackStatus = v.union(
  v.literal("new"),
  v.literal("planned"),
  v.literal("done"),
  v.literal("declined"),
);

export const communityTables = {
  templates: defineTable({
    authorId: v.optional(v.id("users")),
    name: v.string(),
    description: v.string(),
    category: v.string(),
    prompt: v.string(),
    model: v.optional(v.string()),
    isPublic: v.boolean(),
    usageCount: v.number(),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_author", ["authorId"])
    .index("by_category", ["category", "usageCount"])
    .searchIndex("search_name", {
      searchField: "name",
      filterFields: ["isPublic"],
    }),

  templateRatings: defineTable({
    templateId: v.id("templates"),
    userId: v.id("users"),
    rating: v.number(),
  })
    .index("by_template", ["templateId"])
    .index("by_user_template", ["userId", "templateId"]),

  feedback: defineTable({
    userId: v.id("users"),
    kind: v.union(v.literal("bug"), v.literal("idea"), v.literal("praise")),
    message: v.string(),
    status: feedbackStatus,
    votes: v.number(),
    reply: v.optional(v.string()),
    createdAt: v.number(),
  })
    .index("by_status", ["status", "createdAt"])
    .index("by_user", ["userId"]),

  feedbackVotes: defineTable({
    feedbackId: v.id("feedback"),
    userId: v.id("users"),
  })
    .index("by_feedback", ["feedbackId"])
    .index("by_user_feedback", ["userId", "feedbackId"]),

  shares: defineTable({
    userId: v.id("users"),
    token: v.string(),
    title: v.string(),
    conversationId: v.optional(v.id("conversations")),
    noteId: v.optional(v.id("notes")),
    passwordHash: v.optional(v.string()),
    expiresAt: v.optional(v.number()),
    revokedAt: v.optional(v.number()),
    views: v.number(),
    createdAt: v.number(),
  })
    .index("by_token", ["token"])
    .index("by_user", ["userId"])
    .index("by_conversation", ["conversationId"])
    .index("by_expiry", ["expiresAt"]),

  shareViews: defineTable({
    shareId: v.id("shares"),
    viewerId: v.optional(v.id("users")),
    viewedAt: v.number(),
  }).index("by_share", ["shareId", "viewedAt"]),

  posts: defineTable({
    creatorId: v.id("users"),
    title: v.string(),
    body: v.string(),
    likes: v.number(),
    publishedAt: v.number(),
  })
    .index("by_creator", ["creatorId", "publishedAt"])
    .index("by_published", ["publishedAt"])
    .searchIndex("search_title", { searchField: "title" }),

  postLikes: defineTable({
    postId: v.id("posts"),
    userId: v.id("users"),
  })
    .index("by_post", ["postId"])
    .index("by_user_post", ["userId", "postId"]),

  follows: defineTable({
    followerId: v.id("users"),
    followingId: v.id("users"),
    createdAt: v.number(),
  })
    .index("by_follower", ["followerId"])
    .index("by_following", ["followingId"])
    .index("by_pair", ["followerId", "followingId"]),
};
