// Stands in for `@useautumn/convex`: the functions that `api` makes.
import { actionGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const literals = (...values) => v.union(...values.map((value) => v.literal(value)));
const text = v.optional(v.string());
const flag = v.optional(v.boolean());
const number = v.optional(v.number());
const any = v.optional(v.any());
const anything = v.optional(v.record(v.string(), v.any()));
const texts = v.union(v.string(), v.array(v.string()));
const range = (...more) => v.optional(literals("24h", "7d", "30d", "90d", "last_cycle", ...more));

const customerData = v.optional(v.object({ name: text, email: text, fingerprint: text }));
const purchase = {
  productId: text,
  productIds: v.optional(v.array(v.string())),
  entityId: text,
  options: v.optional(v.array(v.object({ featureId: v.string(), quantity: v.number() }))),
  forceCheckout: flag,
  invoice: flag,
  successUrl: text,
  customerData,
  entityData: any,
  checkoutSessionParams: anything,
  reward: text,
  freeTrial: flag,
};

const ARGS = {
  track: {
    featureId: text,
    value: number,
    entityId: text,
    eventName: text,
    idempotencyKey: text,
    customerData,
    entityData: any,
    properties: anything,
  },
  check: {
    productId: text,
    featureId: text,
    requiredBalance: number,
    sendEvent: flag,
    withPreview: flag,
    entityId: text,
    customerData,
    entityData: any,
  },
  attach: { ...purchase, metadata: v.optional(v.object({})) },
  checkout: purchase,
  createCustomer: {
    expand: v.optional(
      v.array(literals("payment_method", "invoices", "rewards", "trials_used", "entities", "referrals")),
    ),
    errorOnNotFound: flag,
  },
  listProducts: {},
  usage: { featureId: v.string(), value: v.number(), customerData },
  query: { featureId: texts, range: range(), customerData },
  cancel: { productId: v.string(), entityId: text, cancelImmediately: flag, customerData },
  setupPayment: { successUrl: text, checkoutSessionParams: anything, customerData },
  billingPortal: { returnUrl: text },
  createReferralCode: { programId: v.string() },
  redeemReferralCode: { code: v.string() },
  createEntity: { name: text, featureId: v.string(), id: text },
  getEntity: { entityId: v.string(), expand: v.optional(v.array(v.literal("invoices"))) },
  listEvents: {
    customerId: text,
    featureId: texts,
    offset: number,
    limit: number,
    customRange: v.optional(v.object({ start: number, end: number })),
  },
  aggregateEvents: {
    customerId: text,
    featureId: texts,
    groupBy: text,
    range: range("1bc", "3bc"),
    binSize: v.optional(literals("day", "hour")),
    customRange: v.optional(v.object({ start: v.number(), end: v.number() })),
  },
};

export class Autumn {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.Autumn[name]) });
  }

  api() {
    const handler = async () => null;
    return Object.fromEntries(Object.entries(ARGS).map(([name, args]) => [name, actionGeneric({ args, handler })]));
  }
}
