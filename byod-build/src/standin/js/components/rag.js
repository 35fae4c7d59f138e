// Stands in for `@convex-dev/rag`: its validators, and the functions it defines.
import { internalActionGeneric, internalMutationGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const literals = (...values) => v.union(...values.map((value) => v.literal(value)));
const metadata = v.optional(v.record(v.string(), v.any()));

export const vNamespaceId = v.string();
export const vEntryId = v.string();
export const vSearchType = literals("vector", "text", "hybrid");
export const vStatus = literals("pending", "ready", "replaced");
export const vActiveStatus = literals("pending", "ready");

export const vSearchResult = v.object({
  entryId: vEntryId,
  order: v.number(),
  content: v.array(v.object({ text: v.string(), metadata })),
  startOrder: v.number(),
  score: v.number(),
});
export const vNamespace = v.object({
  namespaceId: vNamespaceId,
  createdAt: v.number(),
  namespace: v.string(),
  status: vStatus,
  filterNames: v.array(v.string()),
  dimension: v.number(),
  modelId: v.string(),
  version: v.number(),
});
export const vEntry = v.object({
  key: v.optional(v.string()),
  title: v.optional(v.string()),
  metadata,
  entryId: vEntryId,
  importance: v.number(),
  filterValues: v.array(v.object({ name: v.string(), value: v.any() })),
  contentHash: v.optional(v.string()),
  status: vStatus,
  replacedAt: v.optional(v.number()),
});
export const vSearchEntry = v.object({ ...vEntry.fields, text: v.string() });
export const vChunk = v.object({ order: v.number(), state: vStatus, text: v.string(), metadata });
export const vOnCompleteArgs = v.object({
  namespace: vNamespace,
  entry: vEntry,
  replacedEntry: v.optional(vEntry),
  error: v.optional(v.string()),
});

export class RAG {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.RAG[name]) });
  }

  defineOnComplete(handler) {
    return internalMutationGeneric({ args: vOnCompleteArgs, handler });
  }

  defineChunkerAction(handler) {
    return internalActionGeneric({
      args: v.object({ namespace: vNamespace, entry: vEntry, insertChunks: v.string() }),
      handler,
    });
  }
}
