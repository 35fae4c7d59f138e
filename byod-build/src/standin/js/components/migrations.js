// Stands in for `@convex-dev/migrations`: migrations and runners as functions.
import { internalMutationGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;

export const DEFAULT_BATCH_SIZE = 100;

const args = {
  fn: v.optional(v.string()),
  cursor: v.optional(v.union(v.string(), v.null())),
  batchSize: v.optional(v.number()),
  dryRun: v.optional(v.boolean()),
  next: v.optional(v.array(v.string())),
  reset: v.optional(v.boolean()),
  oneBatchOnly: v.optional(v.boolean()),
};

export class Migrations {
  #internalMutation;

  constructor(_component, options) {
    this.#internalMutation = options?.internalMutation ?? internalMutationGeneric;
    this.define = this.define.bind(this);
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.Migrations[name]) });
  }

  define(_migration) {
    return this.#internalMutation({ args, handler: async () => {} });
  }

  runner = (_migrations) => internalMutationGeneric({ args, handler: async () => {} });
}
