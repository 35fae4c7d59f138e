// Written by `byod export --main`.

import { defineTable } from "convex/server";
import { v } from "convex/values";

/** Users' data on its way to their own deployment, or back. */
export const byodMoveTables = {
  /** What each document has become that came here. */
  byodMoved: defineTable({
    move: v.string(),
    table: v.string(),
    old: v.string(),
    created: v.number(),
    state: v.string(),
    listed: v.string(),
    round: v.optional(v.number()),
    new: v.optional(v.string()),
    hash: v.optional(v.string()),
    written: v.optional(v.string()),
    note: v.optional(v.string()),
    stays: v.optional(v.boolean()),
    former: v.optional(v.string()),
  })
    .index("by_old", ["move", "old"])
    .index("by_state", ["move", "table", "state", "created"]),
  /** How far each user's move is, and who sees to it until when. */
  byodMoves: defineTable({
    user: v.id("users"),
    subject: v.string(),
    direction: v.union(v.literal("in"), v.literal("out")),
    phase: v.string(),
    /** The record's status before, the one it has meanwhile, and what tells its credentials. */
    before: v.string(),
    was: v.string(),
    authTags: v.string(),
    /** How long what was moved stays where it was, in milliseconds; or for good. */
    keepFor: v.union(v.number(), v.null()),
    table: v.union(v.string(), v.null()),
    done: v.number(),
    total: v.number(),
    /** Who sees to it until when; nobody, and from when on somebody is to. */
    holder: v.string(),
    until: v.number(),
    frozen: v.optional(v.number()),
    switched: v.optional(v.number()),
    /** What could not move, and what moved without something, as JSON. */
    report: v.string(),
    /** Of moves that began before main knew them no more. */
    cursor: v.optional(v.union(v.string(), v.null())),
    begun: v.optional(v.number()),
  })
    .index("by_user", ["user"])
    .index("by_phase", ["phase", "until"]),
};
