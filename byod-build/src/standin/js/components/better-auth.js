// Stands in for `@convex-dev/better-auth`: the functions that a client makes.
import { internalMutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const handler = async () => null;

export function createClient(_component, _config) {
  const client = {
    clientApi: () => ({ getAuthUser: queryGeneric({ args: {}, handler }) }),
    triggersApi: () => ({
      onCreate: internalMutationGeneric({ args: { doc: v.any(), model: v.string() }, handler }),
      onUpdate: internalMutationGeneric({ args: { oldDoc: v.any(), newDoc: v.any(), model: v.string() }, handler }),
      onDelete: internalMutationGeneric({ args: { doc: v.any(), model: v.string() }, handler }),
    }),
  };
  return new Proxy(client, { get: (self, name) => (name in self ? self[name] : absent.createClient()[name]) });
}
