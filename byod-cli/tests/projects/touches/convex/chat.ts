import { getManyFrom } from "convex-helpers/server/relationships";
import { send as deliver } from "some-mailer";
import { v } from "convex/values";
import { api, internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { action, internalMutation, internalQuery, mutation, query } from "./_generated/server";
import { dropNote } from "./lib";
import * as Model from "./lib/model";
import { Notes, climb, countIn, first, getOrThrow, newest } from "./lib/model";

const id = { id: v.id("notes") };

// Through helpers, under other names.
export const drop = mutation({ args: id, handler: async (ctx, args) => await dropNote(ctx, args.id) });
export const tag = query({ args: { tag: v.id("tags") }, handler: async (ctx, { tag }) => await Model.load(ctx, tag) });
export const all = query({ args: {}, handler: async (c) => await new Notes(c).all() });
export const tagged = query({ args: { tag: v.id("tags") }, handler: async (ctx, { tag }) => await Notes.tagged(ctx, tag) });
export const latest = query({ args: {}, handler: async ({ db }) => await newest(db) });

// Only by ids: from arguments, documents, lists and loops.
export const merge = mutation({
  args: { from: v.array(v.id("tags")), into: v.id("tags") },
  handler: async (ctx, { from, into }) => {
    for (const [place, each] of from.entries()) {
      if (place > 0) await ctx.db.delete(each);
    }
    await ctx.db.patch(into, { name: "merged" });
  },
});
export const retag = mutation({
  args: id,
  handler: async (ctx, args) => {
    const note = await ctx.db.get(args.id);
    if (note?.tagId) await ctx.db.patch(note.tagId, { name: "again" });
  },
});
export const several = query({
  args: { ids: v.array(v.union(v.id("notes"), v.id("settings"))) },
  handler: async (ctx, { ids }) => await Promise.all(ids.map((one) => ctx.db.get(one))),
});
export const parents = query({
  args: id,
  handler: async (ctx, args) => {
    let at = await ctx.db.get(args.id);
    while (at?.tagId) {
      const tag: any = await ctx.db.get(at.tagId);
      at = tag ? await ctx.db.query("notes").first() : null;
    }
    return at;
  },
});

// Which table shows only where a helper is called.
export const setting = query({ args: { id: v.id("settings") }, handler: async (ctx, args) => await getOrThrow(ctx, args.id) });
export const note = query({ args: id, handler: async (ctx, args) => await getOrThrow(ctx, args.id) });
export const counted = query({ args: {}, handler: async (ctx) => await countIn(ctx, "settings") });
export const both = query({
  args: { table: v.union(v.literal("notes"), v.literal("tags")) },
  handler: async (ctx, { table }) => await ctx.db.query(table).collect(),
});
export const looped = mutation({
  args: {},
  handler: async (ctx) => {
    for (const table of ["settings", "counters"] as const) {
      for (const doc of await ctx.db.query(table).collect()) await ctx.db.delete(doc._id);
    }
  },
});

// Through other functions, now or later.
export const wipe = internalMutation({ args: id, handler: async (ctx, args) => await ctx.db.delete(args.id) });
export const peek = internalQuery({ args: {}, handler: async (ctx) => await ctx.db.query("settings").first() });
export const later = mutation({
  args: { notes: v.array(v.id("notes")) },
  handler: async (ctx, { notes }) => {
    for (const id of notes) await ctx.scheduler.runAfter(0, internal.chat.wipe, { id });
  },
});
export const act = action({
  args: id,
  handler: async (ctx, args) => {
    await ctx.runQuery(api.chat.note, args);
    await ctx.runQuery(internal.chat.peek, {});
    await fetch("https://example.com");
  },
});

// By a package that is known.
export const helped = query({ args: { tag: v.id("tags") }, handler: async (ctx, { tag }) => await getManyFrom(ctx.db, "noteTags", "tagId", tag) });

// What a helper gives itself.
export const climbed = query({ args: id, handler: async (ctx, args) => await climb(ctx, args.id, 0) });

// Two functions of one statement.
const made = {
  open: query({ args: { id: v.id("settings") }, handler: async (ctx, { id }) => await ctx.db.get(id) }),
  close: mutation({ args: {}, handler: async (ctx) => await ctx.db.insert("settings", { name: "a", value: 1 }) }),
};
export const { open, close } = made;

// No table at all.
export const add = query({ args: { a: v.number() }, handler: async (_ctx, { a }) => a + 1 });

// What doesn't show.
export const anything = query({ args: { id: v.string() }, handler: async (ctx, args) => await ctx.db.get(args.id as Id<any>) });
export const named = query({ args: { table: v.string() }, handler: async (ctx, args) => await ctx.db.query(args.table as any).first() });
export const stored = query({ args: id, handler: async (ctx, args) => await first(ctx.db, args.id) });
export const taken = query({ args: {}, handler: async (ctx) => await (ctx as any)["db"].query("settings").first() });
export const handed = mutation({ args: {}, handler: async (ctx) => await deliver(ctx) });
export const given = mutation({ args: { fn: v.string() }, handler: async (ctx, args) => await ctx.runMutation(args.fn as any, {}) });
export const bound = query({
  args: {},
  handler: async (ctx) => {
    const ask = ctx.db.query.bind(ctx.db);
    return await (ask as any)("settings").first();
  },
});
export const listed = query({ args: {}, handler: async (ctx) => Object.values(ctx).length });
