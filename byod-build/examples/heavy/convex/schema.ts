import { defineSchema, defineTable } from "convex/server";
import { zodToConvexFields } from "convex-helpers/server/zod4";
import { v } from "convex/values";
import { z } from "zod";

export default defineSchema({
  users: defineTable({ email: v.string(), name: v.optional(v.string()) }).index("by_email", ["email"]),
  notes: defineTable(zodToConvexFields({ title: z.string(), done: z.boolean() })),
  mails: defineTable({ to: v.string(), subject: v.string(), sent: v.boolean() }),
});
