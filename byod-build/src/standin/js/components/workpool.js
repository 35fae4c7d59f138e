// Stands in for `@convex-dev/workpool`: its validators and `defineOnComplete`.
import { internalMutationGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;

const resultOf = (returnValue) =>
  v.union(
    v.object({ kind: v.literal("success"), returnValue }),
    v.object({ kind: v.literal("failed"), error: v.string(), errorData: v.optional(v.any()) }),
    v.object({ kind: v.literal("canceled") }),
  );

export const vWorkId = v.string();
export const vWorkIdValidator = vWorkId;
export const workIdValidator = vWorkId;
export const vResult = resultOf(v.any());
export const vResultValidator = vResult;
export const resultValidator = vResult;
export const vRunResult = (returnValue = v.any()) => resultOf(returnValue);
export const vLogLevel = v.union(
  ...["DEBUG", "TRACE", "INFO", "REPORT", "WARN", "ERROR"].map((level) => v.literal(level)),
);
export const vRetryBehavior = v.object({ maxAttempts: v.number(), initialBackoffMs: v.number(), base: v.number() });

export const vOnCompleteArgs = (context) =>
  v.object({ workId: vWorkId, context: context ?? v.optional(v.any()), result: resultOf(v.optional(v.any())) });
export const vOnCompleteValidator = vOnCompleteArgs;
export const vOnComplete = vOnCompleteArgs(v.any());

export class Workpool {
  constructor() {
    // What is not here only runs inside a function, or is inert.
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.Workpool[name]) });
  }

  defineOnComplete({ context, handler }) {
    return internalMutationGeneric({ args: vOnCompleteArgs(context), handler });
  }
}
