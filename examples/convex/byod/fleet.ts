// Written by `byod export --main`.

import { defineTable } from "convex/server";
import { v } from "convex/values";

/** What an operator is shown beside the records. No secret is in it, and no text of anybody's. */
export const byodFleetTables = {
  /** What has become of each user's deployment: the latest of it. */
  byodHistory: defineTable({
    user: v.id("users"),
    /** `connected`, `credentials`, `blocked`, `recovered`, `disconnected`, `moved` or `deployed` */
    kind: v.string(),
    /** The version that the deployment ran then. */
    version: v.number(),
    direction: v.optional(v.union(v.literal("in"), v.literal("out"))),
  }).index("by_user", ["user"]),
  /** How far each roll-out is: the latest of them. */
  byodRollouts: defineTable({
    run: v.string(),
    /** Who runs it. */
    by: v.string(),
    version: v.number(),
    /** `running`, `done`, `stopped` or `interrupted` */
    state: v.string(),
    /** Which wave it is at, counted from 1. */
    wave: v.number(),
    waves: v.array(
      v.object({
        upTo: v.string(),
        users: v.number(),
        due: v.number(),
        /** How many may fail. */
        allowed: v.number(),
        done: v.number(),
        failed: v.number(),
        /** Neither: who disconnected meanwhile, or whose data is on its way. */
        left: v.number(),
      }),
    ),
    begun: v.number(),
    updated: v.number(),
  })
    .index("by_run", ["run"])
    .index("by_updated", ["updated"]),
};
