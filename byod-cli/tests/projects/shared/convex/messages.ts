import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { action, internalQuery, mutation, query } from "./_generated/server";
import { internal } from "./_generated/api";
import { getUser } from "./lib/auth";
import { env } from "./lib/env";

export const send = mutation({
  args: { conversationId: v.id("conversations"), text: v.string() },
  handler: async (ctx, { conversationId, text }) => {
    const user = await getUser(ctx);
    const conversation = await ctx.db.get(conversationId);
    if (conversation === null || conversation.userId !== user._id)
      throw new Error("Not yours");
    return await ctx.db.insert("messages", { conversationId, text });
  },
});
// All of these check the parent on main. Each also does something that can't be carried.
export const list = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    const user = await getUser(ctx);
    const member = await ctx.db
      .query("memberships")
      .withIndex("by_user", (q) =>
        q.eq("userId", user._id).eq("conversationId", conversationId),
      )
      .unique();
    if (member === null) throw new Error("Not yours");
    return await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .collect();
  },
});
export const get = query({
  args: { id: v.id("messages") },
  handler: async (ctx, { id }) => {
    const user = await getUser(ctx);
    const message = await ctx.db.get(id);
    if (message === null) return null;
    const member = await ctx.db
      .query("memberships")
      .withIndex("by_user", (q) =>
        q.eq("userId", user._id).eq("conversationId", message.conversationId),
      )
      .unique();
    return member === null ? null : message;
  },
});
export const update = mutation({
  args: { id: v.id("messages"), text: v.string() },
  handler: async (ctx, { id, text }) => {
    const user = await getUser(ctx);
    const message = await ctx.db.get(id);
    const conversation = message && (await ctx.db.get(message.conversationId));
    if (!conversation || conversation.userId !== user._id)
      throw new Error("Not yours");
    if (text.length > Number(process.env.MAX_LENGTH ?? 1000))
      throw new Error("Too long");
    await ctx.db.patch(id, { text });
    return null;
  },
});
export const remove = mutation({
  args: { id: v.id("messages") },
  handler: async (ctx, { id }) => {
    const user = await getUser(ctx);
    const message = await ctx.db.get(id);
    const conversation = message && (await ctx.db.get(message.conversationId));
    if (!conversation || conversation.userId !== user._id)
      throw new Error("Not yours");
    console.log(env.REGION);
    await ctx.db.delete(id);
    return null;
  },
});

// Every way to read many, on trust.
export const write = mutation({
  args: {
    conversationId: v.id("conversations"),
    text: v.string(),
    embedding: v.optional(v.array(v.float64())),
  },
  handler: async (ctx, args) => await ctx.db.insert("messages", args),
});
export const collected = query({
  args: {},
  handler: async (ctx) =>
    (await ctx.db.query("messages").collect()).map((one) => one.text),
});
export const taken = query({
  args: { n: v.number() },
  handler: async (ctx, { n }) =>
    (await ctx.db.query("messages").order("desc").take(n)).map(
      (one) => one.text,
    ),
});
export const firstOf = query({
  args: { text: v.string() },
  handler: async (ctx, { text }) =>
    await ctx.db
      .query("messages")
      .withIndex("by_text", (q) => q.eq("text", text))
      .first(),
});
export const uniqueOf = query({
  args: { text: v.string() },
  handler: async (ctx, { text }) =>
    await ctx.db
      .query("messages")
      .withIndex("by_text", (q) => q.eq("text", text))
      .unique(),
});
export const filtered = query({
  args: { text: v.string() },
  handler: async (ctx, { text }) =>
    (
      await ctx.db
        .query("messages")
        .filter((q) => q.eq(q.field("text"), text))
        .collect()
    ).map((one) => one.text),
});
export const each = query({
  args: {},
  handler: async (ctx) => {
    const texts = [];
    for await (const one of ctx.db.query("messages").fullTableScan())
      texts.push(one.text);
    return texts;
  },
});
export const counted = query({
  args: {},
  handler: async (ctx): Promise<number> =>
    await (ctx.db.query("messages") as any).count(),
});
export const byPage = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) =>
    await ctx.db.query("messages").order("desc").paginate(paginationOpts),
});
export const search = query({
  args: {
    words: v.string(),
    conversationId: v.optional(v.id("conversations")),
    n: v.number(),
  },
  handler: async (ctx, { words, conversationId, n }) => {
    const found = ctx.db.query("messages").withSearchIndex("search", (q) => {
      const all = q.search("text", words);
      return conversationId === undefined
        ? all
        : all.eq("conversationId", conversationId);
    });
    return (await found.take(n)).map((one) => one.text);
  },
});
export const nearest = action({
  args: { embedding: v.array(v.float64()), limit: v.number() },
  handler: async (ctx, { embedding, limit }) =>
    (
      await ctx.vectorSearch("messages", "nearest", {
        vector: embedding,
        limit,
      })
    ).map((one) => one._id as string),
});
export const move = mutation({
  args: { id: v.id("messages"), conversationId: v.id("conversations") },
  handler: async (ctx, { id, conversationId }) =>
    await ctx.db.patch(id, { conversationId }),
});
export const byTable = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) =>
    await (ctx.db as any).table("messages").get(id),
});
export const eraseByTable = mutation({
  args: { id: v.string() },
  handler: async (ctx, { id }) =>
    await (ctx.db as any).table("messages").delete(id),
});

// Without waiting for what was asked before.
export const hurried = mutation({
  args: { conversationId: v.id("conversations"), text: v.string() },
  handler: async (ctx, args): Promise<any> => {
    const texts = async () =>
      (await ctx.db.query("messages").collect()).map((one) => one.text);
    const before = texts();
    const added = ctx.db.insert("messages", args);
    const after = texts();
    const counted = ctx.runQuery(internal.messages.countedLater, {});
    const id = await added;
    void ctx.db.patch(id, { text: "patched" });
    const patched = ctx.db.get(id);
    const one = ctx.db
      .query("messages")
      .withIndex("by_text", (q) => q.eq("text", "patched"))
      .first();
    void ctx.db.delete(id);
    const gone = ctx.db.get("messages", id);
    const left = [];
    for await (const { text } of ctx.db.query("messages")) left.push(text);
    return {
      before: await before,
      after: await after,
      counted: await counted,
      patched: (await patched)?.text,
      one: (await one)?.text,
      gone: await gone,
      left,
    };
  },
});
export const countedLater = internalQuery({
  args: {},
  handler: async (ctx) => (await ctx.db.query("messages").collect()).length,
});
// It ends before what it asks for does.
export const forgetful = mutation({
  args: { conversationId: v.id("conversations"), text: v.string() },
  handler: async (ctx, args) => {
    void ctx.db.insert("messages", args);
    return null;
  },
});
export const erase = mutation({
  args: { id: v.id("messages") },
  handler: async (ctx, { id }) => await ctx.db.delete(id),
});
