import { defineTable } from "convex/server";
import { v } from "convex/values";
import { MODELS } from "../lib/models";
import { oneOf, owner, timestamps } from "./shared";

export enum JobKind {
  SendEmail = "email.send",
  ExportData = "data.export",
  DeleteAccount = "account.delete",
}

const jobStatus = oneOf("queued", "running", "done", "failed");

/**
 * What runs the app. Always on main; where one of these names a user's
 * document, it holds a string: an id means nothing on another deployment.
 */
export const appTables = {
  templates: defineTable({
    name: v.string(),
    description: v.optional(v.string()),
    category: oneOf("writing", "coding", "research", "learning", "other"),
    prompt: v.string(),
    model: v.optional(v.union(...MODELS.map(v.literal))),
    variables: v.optional(
      v.array(
        v.object({
          name: v.string(),
          label: v.string(),
          required: v.boolean(),
        }),
      ),
    ),
    isPublic: v.boolean(),
    /** None: a template that comes with the app. */
    authorId: v.optional(v.id("users")),
    ...timestamps,
  })
    .index("by_category", ["category"])
    .index("by_author", ["authorId"])
    .searchIndex("search_name", {
      searchField: "name",
      filterFields: ["category", "isPublic"],
    }),

  adminSettings: defineTable({
    key: v.string(),
    value: v.any(),
    description: v.optional(v.string()),
    updatedBy: v.optional(v.id("users")),
    ...timestamps,
  }).index("by_key", ["key"]),

  feedback: defineTable({
    ...owner,
    kind: oneOf("bug", "idea", "praise", "other"),
    message: v.string(),
    rating: v.optional(
      v.union(
        v.literal(1),
        v.literal(2),
        v.literal(3),
        v.literal(4),
        v.literal(5),
      ),
    ),
    page: v.optional(v.string()),
    conversationId: v.optional(v.string()),
    status: oneOf("new", "seen", "answered", "closed"),
    ...timestamps,
  })
    .index("by_status", ["status"])
    .index("by_user", ["userId"]),

  shares: defineTable({
    ...owner,
    /** What the link ends in. */
    token: v.string(),
    conversationId: v.string(),
    title: v.string(),
    /** A copy: the conversation itself may be on the user's own deployment. */
    messages: v.array(v.object({ role: v.string(), content: v.string() })),
    expiresAt: v.optional(v.number()),
    ...timestamps,
  })
    .index("by_token", ["token"])
    .index("by_user", ["userId"])
    .index("by_expiry", ["expiresAt"]),

  notifications: defineTable({
    ...owner,
    kind: oneOf("system", "share_viewed", "export_ready", "database_error"),
    title: v.string(),
    body: v.optional(v.string()),
    link: v.optional(v.string()),
    readAt: v.optional(v.number()),
    ...timestamps,
  })
    .index("by_user", ["userId"])
    .index("by_user_and_read", ["userId", "readAt"]),

  migrations: defineTable({
    name: v.string(),
    status: jobStatus,
    cursor: v.union(v.string(), v.null()),
    processed: v.number(),
    error: v.optional(v.string()),
    finishedAt: v.optional(v.number()),
    ...timestamps,
  }).index("by_name", ["name"]),

  emailAlerts: defineTable({
    kind: oneOf("budget", "error_rate", "signup"),
    recipients: v.array(v.string()),
    threshold: v.number(),
    enabled: v.boolean(),
    lastSentAt: v.optional(v.number()),
    ...timestamps,
  }).index("by_kind", ["kind", "enabled"]),

  jobs: defineTable({
    userId: v.optional(v.id("users")),
    kind: v.union(...Object.values(JobKind).map((kind) => v.literal(kind))),
    status: jobStatus,
    payload: v.any(),
    attempts: v.number(),
    runAt: v.number(),
    error: v.optional(v.string()),
    ...timestamps,
  })
    .index("by_status", ["status", "runAt"])
    .index("by_user", ["userId"]),
};
