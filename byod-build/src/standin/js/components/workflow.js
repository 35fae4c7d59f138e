// Stands in for `@convex-dev/workflow`: its validators, and workflows as functions.
import { internalMutationGeneric } from "convex/server";
import { v } from "convex/values";
import { vResultValidator } from "@convex-dev/workpool";

const { absent } = import.meta;

export { vResultValidator };
export const vWorkflowId = v.string();
export const vEventId = (_name) => v.string();
export const defineEvent = (event) => event;
export const vWorkflowStep = v.object({
  workflowId: v.string(),
  name: v.string(),
  stepId: v.string(),
  stepNumber: v.number(),
  args: v.any(),
  runResult: v.optional(vResultValidator),
  startedAt: v.number(),
  completedAt: v.optional(v.number()),
  kind: v.union(v.literal("function"), v.literal("workflow"), v.literal("event"), v.literal("sleep")),
  workId: v.optional(v.string()),
  nestedWorkflowId: v.optional(v.string()),
  eventId: v.optional(v.string()),
});

// Unlike that of a workpool, it has no data of an error.
const resultOf = (returnValue = v.any()) =>
  v.union(
    v.object({ kind: v.literal("success"), returnValue }),
    v.object({ kind: v.literal("failed"), error: v.string() }),
    v.object({ kind: v.literal("canceled") }),
  );

function workflow({ args, returns }, handler) {
  return internalMutationGeneric({
    args: {
      workflowId: v.optional(v.string()),
      generationNumber: v.optional(v.number()),
      args: v.optional(args === undefined ? v.any() : args.isConvexValidator ? args : v.object(args)),
      startAsync: v.optional(v.boolean()),
      onComplete: v.optional(v.string()),
      context: v.optional(v.any()),
      docs: v.optional(v.literal("To call a workflow directly, nest its arguments: { args: { ...yourWorkflowArgs } }")),
    },
    returns: v.union(v.string(), v.object({ kind: v.literal("complete"), runResult: resultOf(returns) })),
    handler,
  });
}

export const defineWorkflow = (_component, definition) => ({ handler: (handler) => workflow(definition, handler) });

export class WorkflowManager {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.WorkflowManager[name]) });
  }

  define(definition) {
    return definition.handler === undefined
      ? { handler: (handler) => workflow(definition, handler) }
      : workflow(definition, definition.handler);
  }
}
