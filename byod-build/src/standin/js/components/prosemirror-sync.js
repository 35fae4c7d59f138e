// Stands in for `@convex-dev/prosemirror-sync`: the functions that `syncApi` makes.
import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const handler = async () => null;
const id = v.string();
const version = v.number();

export class ProsemirrorSync {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.ProsemirrorSync[name]) });
  }

  syncApi(_options) {
    return {
      getSnapshot: queryGeneric({
        args: { id, version: v.optional(version) },
        returns: v.union(v.object({ content: v.null() }), v.object({ content: v.string(), version })),
        handler,
      }),
      submitSnapshot: mutationGeneric({ args: { id, version, content: v.string() }, returns: v.null(), handler }),
      latestVersion: queryGeneric({ args: { id }, returns: v.union(v.null(), v.number()), handler }),
      getSteps: queryGeneric({ args: { id, version }, handler }),
      submitSteps: mutationGeneric({
        args: { id, version, clientId: v.union(v.string(), v.number()), steps: v.array(v.string()) },
        handler,
      }),
    };
  }
}
