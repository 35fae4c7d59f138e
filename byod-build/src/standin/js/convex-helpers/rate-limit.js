// Stands in for `convex-helpers/server/rateLimit`.
import { defineTable } from "convex/server";
import { v } from "convex/values";

export const RateLimitTable = "rateLimits";
export const rateLimitTables = {
  rateLimits: defineTable({
    name: v.string(),
    key: v.optional(v.string()),
    value: v.number(),
    ts: v.number(),
  }).index("name", ["name", "key"]),
};

// Values that only handlers use.
const later = async () => {};
export const defineRateLimits = () => ({ checkRateLimit: later, rateLimit: later, resetRateLimit: later });
export const checkRateLimit = later;
export const rateLimit = later;
export const resetRateLimit = later;
