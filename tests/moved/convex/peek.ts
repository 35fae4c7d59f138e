import { v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import {
  internalAction,
  internalMutation,
  internalQuery,
} from "./_generated/server";

/** All that a table holds, whosever it is. */
export const peek = internalQuery({
  args: { table: v.string() },
  handler: async (ctx, { table }) => await ctx.db.query(table as any).collect(),
});

/** Puts something there as it is given. */
export const put = internalMutation({
  args: { table: v.string(), document: v.any() },
  handler: async (ctx, { table, document }) =>
    await ctx.db.insert(table as any, document),
});

/** Changes what is there. */
export const patch = internalMutation({
  args: { id: v.string(), document: v.any() },
  handler: async (ctx, { id, document }) => {
    await ctx.db.patch(id as any, document);
    return null;
  },
});

/** Removes what is there. */
export const remove = internalMutation({
  args: { id: v.string() },
  handler: async (ctx, { id }) => {
    await ctx.db.delete(id as any);
    return null;
  },
});

/** Whoever sees to the user's move has said so long ago. */
export const leaseEnds = internalMutation({
  args: { user: v.id("users") },
  handler: async (ctx, { user }) => {
    const move = await ctx.db
      .query("byodMoves")
      .withIndex("by_user", (q) => q.eq("user", user))
      .unique();
    if (move !== null) await ctx.db.patch(move._id, { until: 0 });
    return null;
  },
});

/** Which files there are. */
export const files = internalQuery({
  args: {},
  handler: async (ctx) => await ctx.db.system.query("_storage").collect(),
});

/** Keeps a file. */
export const store = internalAction({
  args: { text: v.string() },
  handler: async (ctx, { text }) => await ctx.storage.store(new Blob([text])),
});

/** A box and its lid, in the folder: somebody's before them had others' ids there. */
export const box = internalMutation({
  args: {
    user: v.id("users"),
    name: v.string(),
    folder: v.id("folders"),
    beside: v.optional(v.id("boxes")),
  },
  handler: async (ctx, { user, name, folder, beside }) => {
    const box = await ctx.db.insert("boxes", {
      userId: user,
      name,
      lid: "10000lids" as Id<"lids">,
      folderId: folder,
      beside,
    });
    const lid = await ctx.db.insert("lids", { userId: user, name, box });
    await ctx.db.patch(box, { lid });
    return box;
  },
});

/** What many users have: folders in folders, and notes that refer to each other. */
export const fill = internalMutation({
  args: { user: v.id("users"), notes: v.number(), from: v.number() },
  handler: async (ctx, { user, notes, from }) => {
    const folder = await ctx.db.insert("folders", {
      userId: user,
      name: `folder ${from}`,
      madeAt: from,
    });
    const all: Id<"notes">[] = [];
    for (let i = 0; i < notes; i++) {
      const pinned = all.at(-1) ?? null;
      const note = await ctx.db.insert("notes", {
        userId: user,
        title: `note ${from + i}`,
        position: -i,
        folderId: folder,
        pinned,
        size: BigInt(i % 8) * 1152921504606846976n,
        extra: { at: [i, "text", { deep: null }] },
        tags: ["a word", `word ${i}`],
      });
      all.push(note);
    }
    const templateId = await ctx.db.insert("templates", { title: "for all" });
    // A ring of notes, and one of a folder with what is in it.
    await ctx.db.patch(folder, { parentId: folder, first: all[0] });
    await ctx.db.patch(all[0], {
      pinned: all.at(-1),
      related: all.slice(0, 5),
      byTag: { last: all.at(-1)!, first: all[0] },
      about: { kind: "note", id: all.at(-1)! },
      tags: all.slice(-2),
      templateId,
      sharedBy: user,
    });
    let before;
    for (const [i, noteId] of all.slice(0, 3).entries()) {
      const text = `comment ${from} ${i}`;
      const comment: any = { noteId, text, answers: before };
      before = await ctx.db.insert("comments", comment);
    }
    return all;
  },
});
