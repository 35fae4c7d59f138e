import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const plain = () => defineTable({ title: v.string() });

export default defineSchema({
  notes: defineTable({ userId: v.string(), title: v.string(), body: v.optional(v.string()) }),

  drafts: defineTable({ ownerId: v.id("users") }),
  folders: defineTable({ color: v.optional(v.string()) }),
  labels: defineTable({ color: v.number() }),

  onlyOnMain: plain(),
  onlyOnUser: plain(),
  kinds: plain(),
  argumentTypes: plain(),
  extraArgument: plain(),
  lackingArgument: plain(),
  undeclared: plain(),
  injectedType: plain(),
  palettes: defineTable({ color: v.optional(v.string()) }),
  streams: defineTable(v.union(v.object({ kind: v.literal("a") }), v.object({ size: v.number() }))),
  foreignArgument: plain(),
  undeclaredOnMain: plain(),
  injectedTime: plain(),
  injectedKey: plain(),
  returned: plain(),
  owned: plain(),
  internalOnMain: plain(),
});
