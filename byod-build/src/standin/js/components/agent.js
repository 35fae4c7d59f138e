// Stands in for `@convex-dev/agent`: the validators that projects take most.
import { internalMutationGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const literals = (...values) => v.union(...values.map((value) => v.literal(value)));

export const vProviderOptions = v.record(v.string(), v.record(v.string(), v.any()));
export const vProviderMetadata = vProviderOptions;
export const vRole = literals("system", "user", "assistant", "tool");
export const vMessageStatus = literals("pending", "success", "failed");
export const vThreadStatus = literals("active", "archived");
export const vFinishReason = literals("stop", "length", "content-filter", "tool-calls", "error", "other", "unknown");
export const vUsage = v.object({
  promptTokens: v.number(),
  completionTokens: v.number(),
  totalTokens: v.number(),
  reasoningTokens: v.optional(v.number()),
  cachedInputTokens: v.optional(v.number()),
});
export const vThreadDoc = v.object({
  _id: v.string(),
  _creationTime: v.number(),
  userId: v.optional(v.string()),
  title: v.optional(v.string()),
  summary: v.optional(v.string()),
  status: vThreadStatus,
});
export const vStreamCursor = v.object({ streamId: v.string(), cursor: v.number() });
export const vStreamArgs = v.optional(
  v.union(
    v.object({ kind: v.literal("list"), startOrder: v.optional(v.number()) }),
    v.object({ kind: v.literal("deltas"), cursors: v.array(vStreamCursor) }),
  ),
);
export const vStorageOptions = v.object({
  saveMessages: v.optional(literals("all", "none", "promptAndOutput")),
});
export const vContextOptionsSearchOptions = v.object({
  limit: v.number(),
  textSearch: v.optional(v.boolean()),
  vectorSearch: v.optional(v.boolean()),
  vectorScoreThreshold: v.optional(v.number()),
  messageRange: v.optional(v.object({ before: v.number(), after: v.number() })),
});
export const vContextOptions = v.object({
  excludeToolMessages: v.optional(v.boolean()),
  recentMessages: v.optional(v.number()),
  searchOptions: v.optional(vContextOptionsSearchOptions),
  searchOtherThreads: v.optional(v.boolean()),
});

export class Agent {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.Agent[name]) });
  }

  createThreadMutation() {
    const text = v.optional(v.string());
    return internalMutationGeneric({ args: { userId: text, title: text, summary: text }, handler: async () => null });
  }
}
