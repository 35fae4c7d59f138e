// Stands in for `@convex-dev/workos-authkit`: the functions that it makes.
import { internalMutationGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const handler = async () => null;
const any = v.record(v.string(), v.any());

export class AuthKit {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.AuthKit[name]) });
  }

  events() {
    const args = { event: v.string(), data: any };
    return { authKitEvent: internalMutationGeneric({ args, returns: v.null(), handler }) };
  }

  actions() {
    return { authKitAction: internalMutationGeneric({ args: { action: any }, returns: any, handler }) };
  }
}
