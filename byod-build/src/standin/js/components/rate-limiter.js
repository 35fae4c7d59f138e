// Stands in for `@convex-dev/rate-limiter`: its units of time, and the functions
// that `hookAPI` makes for a client.
import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

const limit = (kind, start) =>
  v.object({
    kind: v.literal(kind),
    rate: v.number(),
    period: v.number(),
    capacity: v.optional(v.number()),
    maxReserved: v.optional(v.number()),
    shards: v.optional(v.number()),
    applyUpdates: v.optional(v.union(v.literal("transactionally"), v.literal("asynchronously"))),
    start: v.optional(start),
  });
const config = v.union(limit("token bucket", v.null()), limit("fixed window", v.number()));

export class RateLimiter {
  constructor() {
    return new Proxy(this, { get: (self, name) => (name in self ? self[name] : absent.RateLimiter[name]) });
  }

  hookAPI(_name, _options) {
    const handler = async () => null;
    return {
      getRateLimit: queryGeneric({
        args: {
          name: v.optional(v.string()),
          key: v.optional(v.string()),
          sampleShards: v.optional(v.number()),
          config: v.optional(config),
        },
        returns: v.object({ value: v.number(), ts: v.number(), shard: v.number(), config }),
        handler,
      }),
      getServerTime: mutationGeneric({ args: {}, returns: v.number(), handler }),
    };
  }
}
export default RateLimiter;
