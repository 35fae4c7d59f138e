// Written by `byod export --main`.

import { convexToJson, v } from "convex/values";
import { internalQuery } from "../_generated/server";

/** As much of a table as is mirrored, in documents and in bytes of their JSON; of who has
 *  more, nothing is. */
const MOST = 1000;
const MOST_BYTES = 1024 * 1024;

/** What of them functions on users' deployments read. */
const FIELDS = {
  users: ["bannedAt", "name", "plan", "subject"],
  userPreferences: ["key", "userId", "value"],
  badges: ["givenBy", "points", "title", "userId"],
  plans: ["notes", "slug"],
  announcements: ["plan", "title"],
};

/**
 * The caller's own documents of the tables that are mirrored, with the fields that
 * functions on users' deployments read, for the service alone. Nobody else's document
 * is among them; what is nobody's, everybody gets. Who calls is named by their subject
 * there, whatever their id is here.
 */
export const read = internalQuery({
  args: { user: v.id("users"), subject: v.string() },
  handler: async (ctx, { user, subject }) => {
    const at = Date.now();
    const copied = (docs: any[] | null, fields: string[]) => {
      const copies = docs?.map((doc) => copyOf(doc, fields, user, subject));
      return { fields, documents: copies ?? [], tooMany: docs === null };
    };
    return {
      at,
      tables: {
        users: copied(await one(ctx.db.get(user)), FIELDS.users),
        userPreferences: copied(
          await those([user], (owner) =>
            ctx.db
              .query("userPreferences")
              .withIndex("by_user", (q) => q.eq("userId", owner))
              .order("asc"),
          ),
          FIELDS.userPreferences,
        ),
        badges: copied(
          await those([user], (owner) =>
            ctx.db
              .query("badges")
              .withIndex("by_user", (q) => q.eq("userId", owner))
              .order("asc"),
          ),
          FIELDS.badges,
        ),
        plans: copied(await few(ctx.db.query("plans")), FIELDS.plans),
        announcements: copied(
          await few(ctx.db.query("announcements")),
          FIELDS.announcements,
        ),
      },
    };
  },
});

/** The user themself, if they are there. */
async function one(found: Promise<any>): Promise<any[]> {
  const doc = await found;
  return doc === null ? [] : [doc];
}

/** What is of one of these, who are the same; null where that is too much. */
async function those<T extends string>(
  owners: T[],
  ask: (owner: T) => AsyncIterable<any>,
): Promise<any[] | null> {
  const found = [];
  for (const owner of new Set(owners)) {
    const docs = await few(ask(owner));
    if (docs === null) return null;
    found.push(...docs);
  }
  return found.length > MOST ? null : found;
}

/** All of them; null where that is too much. */
async function few(docs: AsyncIterable<any>): Promise<any[] | null> {
  const found = [];
  let bytes = 0;
  for await (const doc of docs) {
    bytes += JSON.stringify(convexToJson(doc)).length;
    if (found.push(doc) > MOST || bytes > MOST_BYTES) return null;
  }
  return found;
}

function copyOf(doc: any, fields: string[], user: string, subject: string) {
  const given = ["_id", "_creationTime", ...fields];
  const those = given.filter((field) => Object.hasOwn(doc, field));
  const copy = those.map((field) => [field, named(doc[field], user, subject)]);
  return Object.fromEntries(copy);
}

/** The value, with the subject wherever it names the user by their id. */
function named(value: any, user: string, subject: string): any {
  if (value === user) return subject;
  if (Array.isArray(value)) {
    return value.map((part) => named(part, user, subject));
  }
  const isObject =
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
  if (!isObject) return value;
  const members = Object.entries(value).map(([name, part]) => [
    name,
    named(part, user, subject),
  ]);
  return Object.fromEntries(members);
}
