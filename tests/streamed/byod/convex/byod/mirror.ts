// Written by `byod export`.

import { v } from "convex/values";
import { internalMutation, internalQuery } from "../_generated/server";
import { check } from "./claim";
import { COPIED, SHAPE, failed, rowOf, text } from "./copies";

// How the service brings copies of main's documents here, and keeps them current.

/** What was brought here last, and when main said so. */
export const state = internalQuery({
  args: { subject: v.string() },
  returns: v.union(v.null(), v.object({ at: v.number(), digest: v.string() })),
  handler: async (ctx, { subject }) => {
    await check(ctx.db, subject);
    const row = await rowOf(ctx.db, subject);
    if (row === null || row.shape !== SHAPE) return null;
    return { at: row.at, digest: row.digest };
  },
});

/** Replaces what differs of the user's copies; all of it or nothing. */
export const write = internalMutation({
  args: {
    subject: v.string(),
    user: v.string(),
    /** When main was asked, by its clock. */
    at: v.number(),
    /** Of all that it gave. */
    digest: v.string(),
    tables: v.record(
      v.string(),
      v.object({
        fields: v.array(v.string()),
        documents: v.array(v.any()),
        tooMany: v.boolean(),
      }),
    ),
  },
  returns: v.union(
    v.literal("written"),
    v.literal("unchanged"),
    v.literal("older"),
  ),
  handler: async (ctx, { subject, user, at, digest, tables }) => {
    await check(ctx.db, subject);
    const db: any = ctx.db;
    const row = await rowOf(ctx.db, subject);
    // What another process has asked later stands.
    if (row !== null && row.shape === SHAPE && row.at > at) return "older";
    if (row !== null && row.shape === SHAPE && row.digest === digest) {
      await db.patch(row._id, { at });
      return "unchanged";
    }
    const missing: string[] = [];
    for (const [table, { fields }] of Object.entries(COPIED)) {
      const given = Object.hasOwn(tables, table) ? tables[table] : undefined;
      const lacking = fields.find((field) => !given?.fields.includes(field));
      if (given === undefined || lacking !== undefined) {
        const what =
          lacking === undefined ? `\`${table}\`` : `\`${table}.${lacking}\``;
        throw failed(
          `main doesn't send ${what}: run \`byod export --main\`, and deploy main`,
        );
      }
      if (given.tooMany) missing.push(table);
      const documents = given.tooMany ? [] : given.documents;
      await replace(db, table, subject, documents);
    }
    const next = { owner: subject, user, at, digest, shape: SHAPE, missing };
    if (row === null) await db.insert("byodMirror", next);
    else await db.replace(row._id, next);
    return "written";
  },
});

async function replace(
  db: any,
  table: string,
  owner: string,
  documents: any[],
) {
  const copies = await db
    .query(table)
    .withIndex("byodOwner", (q: any) => q.eq("byodOwner", owner))
    .collect();
  const old = new Map<string, any>(
    copies.map((copy: any) => [copy.byodId, copy]),
  );
  // In main's order, which is that of a query without another.
  for (const doc of [...documents].sort(
    (a, b) => a._creationTime - b._creationTime,
  )) {
    const fields = COPIED[table].fields.filter((field) =>
      Object.hasOwn(doc, field),
    );
    const next: any = {
      ...Object.fromEntries(fields.map((field) => [field, doc[field]])),
      byodOwner: owner,
      byodId: doc._id,
      byodCreated: doc._creationTime,
    };
    const known = old.get(doc._id);
    old.delete(doc._id);
    if (known === undefined) {
      await db.insert(table, next);
      continue;
    }
    const { _id, _creationTime, ...before } = known;
    if (text(before) !== text(next)) await db.replace(_id, next);
  }
  for (const { _id } of old.values()) await db.delete(_id);
}
