// Written by `byod export`.

import { ConvexError, convexToJson, type Value } from "convex/values";
import type { DatabaseWriter } from "../_generated/server";

/** How long a key is kept, in milliseconds: longer than a call is repeated. */
const KEPT = 24 * 60 * 60 * 1000;

/** How many outdated keys go when a new one comes. */
const REMOVED = 8;

/**
 * Runs a mutation once per key of an owner: a repeat gives the first result.
 *
 * `given` is the function's path, a space, and the key that the caller chose. A
 * key that was used for another function or other arguments is refused.
 */
export async function once<T>(
  db: DatabaseWriter,
  owner: string,
  given: string | undefined,
  args: Record<string, any>,
  run: () => Promise<T>,
): Promise<T> {
  if (given === undefined) return await run();
  const [name, key] = split(given);
  const hash = await hashOf(args);
  const now = Date.now();
  const known = await db
    .query("byodIdempotency")
    .withIndex("by_owner_key", (q) => q.eq("owner", owner).eq("key", key))
    .unique();
  if (known !== null && known._creationTime > now - KEPT) {
    if (known.function !== name || known.args !== hash) {
      throw refused(`was used for another call, of \`${known.function}\``);
    }
    return known.result;
  }
  if (known !== null) await db.delete(known._id);
  // What a function leaves undefined, its caller gets as null.
  const result = (await run()) ?? null;
  const entry = { owner, key, function: name, args: hash, result };
  await db.insert("byodIdempotency", entry);
  const outdated = await db
    .query("byodIdempotency")
    .withIndex("by_creation_time", (q) => q.lt("_creationTime", now - KEPT))
    .take(REMOVED);
  for (const { _id } of outdated) await db.delete(_id);
  return result as T;
}

function split(given: string): [string, string] {
  const space = given.indexOf(" ");
  if (space < 1 || space + 1 === given.length) {
    throw refused("is not a function's path, a space, and a text");
  }
  return [given.slice(0, space), given.slice(space + 1)];
}

function refused(why: string) {
  const message = `The idempotency key ${why}`;
  return new ConvexError({ code: "idempotency_key", message });
}

/** The same for equal arguments, in whatever order they come. */
async function hashOf(args: Record<string, any>): Promise<string> {
  const text = JSON.stringify(sorted(convexToJson(args as Value)));
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  const digits = [...new Uint8Array(hash)].map((byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return digits.join("");
}

function sorted(value: any): any {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, of]) => [key, sorted(of)]));
}
