// Written by `byod export --main`.

import { defineTable } from "convex/server";
import { v } from "convex/values";

/** What is done here of what users' deployments leave for it. */
export const byodOutboxTables = {
  /** Up to which number, for each of a user's deployments. */
  byodApplied: defineTable({
    user: v.id("users"),
    subject: v.string(),
    epoch: v.string(),
    seq: v.number(),
  }).index("by_user", ["user"]),
  /** What was not done, and why. */
  byodRefused: defineTable({
    user: v.id("users"),
    epoch: v.string(),
    seq: v.number(),
    row: v.string(),
    reason: v.string(),
  }).index("by_user", ["user"]),
  /** Jobs by what they are called on users' deployments. */
  byodJobs: defineTable({
    user: v.id("users"),
    key: v.string(),
    job: v.id("_scheduled_functions"),
    at: v.number(),
  })
    .index("by_user_key", ["user", "key"])
    .index("by_at", ["at"]),
};
