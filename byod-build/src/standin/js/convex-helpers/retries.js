// Stands in for `convex-helpers/server/retries`.
import { internalMutationGeneric } from "convex/server";
import { v } from "convex/values";

export const makeActionRetrier = (_retryFunctionName) => ({
  runWithRetries: async () => {},
  retry: internalMutationGeneric({
    args: {
      job: v.optional(v.id("_scheduled_functions")),
      action: v.string(),
      actionArgs: v.any(),
      waitBackoff: v.number(),
      retryBackoff: v.number(),
      base: v.number(),
      maxFailures: v.number(),
    },
    handler: async () => {},
  }),
});
