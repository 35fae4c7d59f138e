// Stands in for `@convex-dev/action-retrier`: its validators.
import { v } from "convex/values";

export const runIdValidator = v.string();
export const runResultValidator = v.union(
  v.object({ type: v.literal("success"), returnValue: v.any() }),
  v.object({ type: v.literal("failed"), error: v.string() }),
  v.object({ type: v.literal("canceled") }),
);
export const onCompleteValidator = v.object({ runId: runIdValidator, result: runResultValidator });
