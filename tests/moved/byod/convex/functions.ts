// Written by `byod export`.

import { v } from "convex/values";
import { query } from "./_generated/server";
import { SCHEMA_VERSION } from "./byod/version";

/** Whether the deployment answers, and which version it runs. */
export const ping = query({
  args: {},
  returns: v.object({
    status: v.literal("ok"),
    version: v.number(),
    timestamp: v.number(),
  }),
  handler: async () => ({
    status: "ok" as const,
    version: SCHEMA_VERSION,
    timestamp: Date.now(),
  }),
});
