// Stands in for `@convex-dev/polar`: the functions that `api` makes.
import { actionGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const handler = async () => null;

export class Polar {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.Polar[name]) });
  }

  api() {
    return {
      changeCurrentSubscription: actionGeneric({ args: { productId: v.string() }, handler }),
      cancelCurrentSubscription: actionGeneric({ args: { revokeImmediately: v.optional(v.boolean()) }, handler }),
      getConfiguredProducts: queryGeneric({ args: {}, handler }),
      listAllProducts: queryGeneric({ args: {}, handler }),
      // Its result is of tables of the component.
      listAllSubscriptions: absent.Polar.api().listAllSubscriptions(),
      generateCheckoutLink: actionGeneric({
        args: {
          productIds: v.array(v.string()),
          origin: v.string(),
          successUrl: v.string(),
          subscriptionId: v.optional(v.string()),
          metadata: v.optional(v.record(v.string(), v.string())),
          trialInterval: v.optional(v.union(v.string(), v.null())),
          trialIntervalCount: v.optional(v.union(v.number(), v.null())),
          locale: v.optional(v.string()),
        },
        returns: v.object({ url: v.string() }),
        handler,
      }),
      generateCustomerPortalUrl: actionGeneric({
        args: { returnUrl: v.optional(v.string()) },
        returns: v.object({ url: v.string() }),
        handler,
      }),
    };
  }

  checkoutApi() {
    return this.api();
  }
}
