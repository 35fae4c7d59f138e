"use node";

import { v } from "convex/values";
import { api, internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { action, internalAction, type ActionCtx } from "./byod/server";

async function ownNote(ctx: ActionCtx, id: Id<"notes">): Promise<Doc<"notes">> {
  const userId = await ctx.runQuery(internal.users.current, {});
  const note = await ctx.runQuery(internal.notes.byId, { id });
  if (note?.userId !== userId) throw new Error("Note not found");
  return note;
}

/** Reads, writes, counts on main, and goes on later. */
export const answer = action({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<string> => {
    const note = await ownNote(ctx, id);
    await ctx.runMutation(internal.notes.append, { id, text: ", answered" });
    await ctx.runMutation(internal.counters.add, { name: "answers" });
    await ctx.scheduler.runAfter(0, internal.assistant.follow, { id });
    return note.text;
  },
});

/** Has no identity: who it is done for travels along. */
export const follow = internalAction({
  args: { id: v.id("notes") },
  handler: async (ctx, given): Promise<void> => {
    const { id } = given;
    if (Object.keys(given).length !== 1) throw new Error("More than was sent");
    await ctx.runMutation(internal.notes.append, { id, text: ", followed" });
    await ctx.scheduler.runAfter(0, internal.notes.append, {
      id,
      text: ", and later",
    });
    await ctx.runMutation(internal.counters.add, { name: "follows" });
  },
});

/** Where a document's owner is named, it is the user's id, as everywhere on main. */
export const copy = action({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<Id<"notes">> => {
    const { userId, text } = await ownNote(ctx, id);
    return await ctx.runMutation(internal.notes.insert, { userId, text });
  },
});

export const similar = action({
  args: { vector: v.array(v.float64()) },
  handler: async (ctx, { vector }): Promise<string[]> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const hits = await ctx.vectorSearch("notes", "by_embedding", {
      vector,
      limit: 5,
      filter: (q) => q.eq("userId", userId),
    });
    const found = await ctx.runQuery(internal.notes.byIds, {
      ids: hits.map((hit) => hit._id),
    });
    return found.map((note) => note.text);
  },
});

/** Hands on whatever it was sent. */
export const careless = action({
  handler: async (ctx, args: any): Promise<void> => {
    await ctx.runAction(internal.assistant.follow, args);
  },
});

/** For somebody else: whose it is, the caller says. */
export const meddle = action({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }): Promise<void> => {
    await ctx.runMutation(internal.notes.insert, { userId, text: "meddled" });
  },
});

/** Asks for what runs nowhere for connected users. */
export const publish = action({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<void> => {
    await ctx.runMutation(internal.notes.publish, { id });
  },
});

/** Is had run by a mutation, for who called that. */
export const respond = internalAction({
  args: { id: v.id("notes"), userId: v.id("users"), style: v.string() },
  handler: async (ctx, { id, userId, style }): Promise<void> => {
    const note = await ctx.runQuery(internal.notes.byId, { id });
    if (note?.userId !== userId) throw new Error("Of somebody else");
    const text = `, responded ${style}`;
    await ctx.runMutation(internal.notes.append, { id, text });
    await ctx.runMutation(internal.counters.add, { name: "responses" });
  },
});

export const publishes = internalAction({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<void> => {
    await ctx.runMutation(internal.notes.publish, { id });
  },
});

export const compares = internalAction({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }): Promise<void> => {
    const alike: number = await ctx.runQuery(api.notes.likeIt, { id });
    const text = `, like ${alike}`;
    await ctx.runMutation(internal.notes.append, { id, text });
  },
});
