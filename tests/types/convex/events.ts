import { queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const system = { _id: v.id("events"), _creationTime: v.number() };

export const list = query({
  args: {},
  returns: v.array(
    v.union(
      v.object({ ...system, kind: v.literal("opened"), at: v.number() }),
      v.object({ ...system, kind: v.literal("renamed"), title: v.string() }),
    ),
  ),
  handler: () => [],
});
