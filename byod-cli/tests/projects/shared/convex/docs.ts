import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { action, internalMutation, mutation, query } from "./_generated/server";
import { internal } from "./_generated/api";
import { getUser } from "./lib/auth";

export const add = mutation({
  args: {
    title: v.string(),
    text: v.string(),
    n: v.number(),
    embedding: v.optional(v.array(v.float64())),
  },
  handler: async (ctx, args) => {
    const user = await getUser(ctx);
    return await ctx.db.insert("docs", { ...args, userId: user._id });
  },
});
// Main's schema has no table of this name: with strictTableNameTypes off it may.
export const draft = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const user = await getUser(ctx);
    return await ctx.db.insert(
      "drafts" as any,
      { text, userId: user._id } as any,
    );
  },
});
export const drafts = query({
  args: {},
  handler: async (ctx) => {
    const all = await ctx.db.query("drafts" as any).collect();
    return all.map((one: any) => one.text);
  },
});
export const draftById = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => await ctx.db.get(id as any),
});
export const eraseDraft = mutation({
  args: { id: v.string() },
  handler: async (ctx, { id }) => {
    await ctx.db.delete(id as any);
  },
});
export const nearest = action({
  args: { embedding: v.array(v.float64()), limit: v.number() },
  handler: async (ctx, { embedding, limit }) =>
    (await ctx.vectorSearch("docs", "nearest", { vector: embedding, limit }))
      .length,
});
export const search = query({
  args: { words: v.string() },
  handler: async (ctx, { words }) =>
    (
      await ctx.db
        .query("docs")
        .withSearchIndex("search", (q) => q.search("text", words))
        .take(5)
    ).map((d) => d.title),
});
export const byPage = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) =>
    await ctx.db.query("docs").withIndex("by_n").paginate(paginationOpts),
});
export const patchAny = mutation({
  args: { id: v.string(), changes: v.any() },
  handler: async (ctx, { id, changes }) => {
    await ctx.db.patch(id as any, changes);
  },
});
export const replaceAny = mutation({
  args: { id: v.string(), value: v.any() },
  handler: async (ctx, { id, value }) => {
    await ctx.db.replace(id as any, value);
  },
});
export const insertAny = mutation({
  args: { value: v.any() },
  handler: async (ctx, { value }) => await ctx.db.insert("docs", value),
});
export const getAny = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => await ctx.db.get(id as any),
});
export const sysGet = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => await ctx.db.system.get(id as any),
});
export const normal = query({
  args: { id: v.string(), table: v.string() },
  handler: async (ctx, { id, table }) => ctx.db.normalizeId(table as any, id),
});
export const anyTable = query({
  args: { table: v.string() },
  handler: async (ctx, { table }) => await ctx.db.query(table as any).collect(),
});
export const callAny = mutation({
  args: { args: v.any() },
  handler: async (ctx, { args }): Promise<any> =>
    await ctx.runMutation(internal.docs.inner, args),
});
export const inner = internalMutation({
  args: { title: v.string(), userId: v.optional(v.string()) },
  handler: async (ctx, args): Promise<any> => {
    const all = await ctx.db.query("docs").collect();
    return { all: all.map((d) => d.title), given: args };
  },
});
// Functions called directly.
export const direct = query({
  args: { id: v.string(), friend: v.string() },
  handler: async (ctx, { id, friend }): Promise<any> => {
    const f: any = getAny;
    return await (f._handler ?? f)(ctx, { id, userId: friend });
  },
});
export const directInsert = mutation({
  args: { value: v.any(), friend: v.string() },
  handler: async (ctx, { value, friend }): Promise<any> => {
    const direct: any = (insertAny as any)._handler;
    return await direct(ctx, { value, userId: friend });
  },
});
// Existence by uniqueness.
export const claim = mutation({
  args: { title: v.string() },
  handler: async (ctx, { title }) => {
    const user = await getUser(ctx);
    const taken = await ctx.db
      .query("docs")
      .withIndex("by_title", (q) => q.eq("title", title))
      .first();
    if (taken !== null) throw new Error("taken");
    return await ctx.db.insert("docs", {
      title,
      text: "",
      n: 0,
      userId: user._id,
    });
  },
});

export const searchMine = query({
  args: { words: v.string(), of: v.optional(v.string()), n: v.number() },
  handler: async (ctx, { words, of, n }) => {
    const found = ctx.db.query("docs").withSearchIndex("search_mine", (q) => {
      const all = q.search("text", words);
      return of === undefined ? all : all.eq("userId", of as any);
    });
    return (await found.take(n)).map((one) => one.title);
  },
});
export const nearestIds = action({
  args: {
    index: v.string(),
    embedding: v.array(v.float64()),
    limit: v.number(),
    titles: v.optional(v.array(v.string())),
    of: v.optional(v.string()),
  },
  handler: async (
    ctx,
    { index, embedding, limit, titles, of },
  ): Promise<string[]> => {
    const filter = titles
      ? (q: any) => q.or(...titles.map((title) => q.eq("title", title)))
      : of !== undefined
        ? (q: any) => q.eq("userId", of)
        : undefined;
    const found = await ctx.vectorSearch("docs", index as any, {
      vector: embedding,
      limit,
      filter,
    });
    return found.map((one) => one._id as string);
  },
});
export const system = query({
  args: { id: v.string(), table: v.optional(v.string()) },
  handler: async (ctx, { id, table }): Promise<any> =>
    table === undefined
      ? await ctx.db.system.get(id as any)
      : await (ctx.db.system as any).get(table, id),
});
export const systemTable = query({
  args: { table: v.string() },
  handler: async (ctx, { table }): Promise<any> =>
    await (ctx.db.system as any).query(table).collect(),
});
export const insertInto = mutation({
  args: { table: v.string(), value: v.any() },
  handler: async (ctx, { table, value }): Promise<any> =>
    await ctx.db.insert(table as any, value),
});
// What Convex doesn't look at, behind the id.
export const eraseMany = mutation({
  args: { ids: v.array(v.string()) },
  handler: async (ctx, { ids }) => {
    await (ctx.db as any).delete("docs", ...ids);
  },
});
// What the query is made of.
export const unfiltered = query({
  args: {},
  handler: async (ctx) => {
    const found: any = ctx.db.query("docs").withIndex("by_user");
    if (found.state?.query) found.state.query.operators = [];
    return await found.collect();
  },
});
