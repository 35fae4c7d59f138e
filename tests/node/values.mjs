// The two forms of a value in an answer.

import { convexToJson } from "convex/values";

/**
 * @param {import("convex/values").Value} value
 * @param {"convex_encoded_json" | "json"} format
 */
export function formatted(value, format) {
  return format === "json" ? clean(value) : convexToJson(value);
}

/** int64 and special floats as text, bytes as base64. */
function clean(value) {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(fields.map(([name, field]) => [name, clean(field)]));
  }
  return value;
}
