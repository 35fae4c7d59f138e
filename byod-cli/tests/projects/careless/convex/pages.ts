// Main trusts its callers here in every way that it can.
import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { api } from "./_generated/api";
import { action, internalMutation, internalQuery, mutation, query } from "./_generated/server";
import { internal } from "./_generated/api";
import { finder } from "./lib/reading";

const fields = {
  title: v.string(),
  text: v.string(),
  embedding: v.optional(v.array(v.float64())),
};

export const add = mutation({
  args: fields,
  handler: async (ctx, args) => await ctx.db.insert("pages", args),
});
export const addFor = mutation({
  args: { ...fields, of: v.string() },
  handler: async (ctx, { of, ...page }) =>
    await ctx.db.insert("pages", { ...page, userId: of as any }),
});
export const all = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("pages").collect(),
});
export const each = query({
  args: {},
  handler: async (ctx) => {
    const titles = [];
    for await (const page of ctx.db.query("pages")) titles.push(page.title);
    return titles;
  },
});
export const read = query({
  args: { id: v.id("pages") },
  handler: async (ctx, { id }) => await ctx.db.get(id),
});
export const readByTable = query({
  args: { id: v.id("pages") },
  handler: async (ctx, { id }) => await ctx.db.get("pages", id),
});
export const readAnyId = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => {
    const known = ctx.db.normalizeId("pages", id);
    return known && (await ctx.db.get(known));
  },
});
export const readByHelper = query({
  args: { id: v.id("pages") },
  handler: async (ctx, { id }) => await finder(ctx).find(id),
});
export const byOwner = query({
  args: { of: v.string() },
  handler: async (ctx, { of }) =>
    await ctx.db
      .query("pages")
      .withIndex("by_user_title", (q) => q.eq("userId", of as any))
      .collect(),
});
export const ofNobody = query({
  args: {},
  handler: async (ctx) =>
    await ctx.db
      .query("pages")
      .withIndex("by_user_title", (q) => q.eq("userId", undefined))
      .collect(),
});
export const first = query({
  args: { title: v.string() },
  handler: async (ctx, { title }) =>
    await ctx.db
      .query("pages")
      .withIndex("by_title", (q) => q.eq("title", title))
      .unique(),
});
export const search = query({
  args: { words: v.string(), of: v.optional(v.string()) },
  handler: async (ctx, { words, of }) =>
    await ctx.db
      .query("pages")
      .withSearchIndex("search", (q) => {
        const found = q.search("text", words);
        return of === undefined ? found : found.eq("userId", of as any);
      })
      .take(9),
});
export const byPage = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) =>
    await ctx.db.query("pages").order("desc").paginate(paginationOpts),
});
export const change = mutation({
  args: { id: v.id("pages"), title: v.string() },
  handler: async (ctx, { id, title }) => await ctx.db.patch(id, { title }),
});
export const changeByTable = mutation({
  args: { id: v.id("pages"), title: v.string() },
  handler: async (ctx, { id, title }) =>
    await ctx.db.patch("pages", id, { title }),
});
export const give = mutation({
  args: { id: v.id("pages"), to: v.optional(v.string()) },
  handler: async (ctx, { id, to }) =>
    await ctx.db.patch(id, { userId: to as any }),
});
export const put = mutation({
  args: { id: v.id("pages"), title: v.string(), of: v.optional(v.string()) },
  handler: async (ctx, { id, title, of }) =>
    await ctx.db.replace(id, { title, text: "", userId: of as any }),
});
export const drop = mutation({
  args: { id: v.id("pages") },
  handler: async (ctx, { id }) => await ctx.db.delete(id),
});

// Functions that call functions.
export const readOf = internalQuery({
  args: { userId: v.optional(v.string()), id: v.id("pages") },
  handler: async (ctx, { id }) => await ctx.db.get(id),
});
export const renameAll = internalMutation({
  args: { title: v.string() },
  handler: async (ctx, { title }) => {
    for (const page of await ctx.db.query("pages").collect()) {
      await ctx.db.patch(page._id, { title });
    }
  },
});
export const readAs = query({
  args: { id: v.id("pages"), friend: v.string() },
  handler: async (ctx, { id, friend }): Promise<any> =>
    await ctx.runQuery(api.pages.read, { id, userId: friend } as any),
});
export const readAsInAction = action({
  args: { id: v.id("pages"), friend: v.string() },
  handler: async (ctx, { id, friend }): Promise<any> =>
    await ctx.runQuery(api.pages.read, { id, userId: friend } as any),
});
export const changeAs = mutation({
  args: { id: v.id("pages"), friend: v.string() },
  handler: async (ctx, { id, friend }): Promise<any> =>
    await ctx.runMutation(api.pages.change, {
      id,
      title: "theirs",
      userId: friend,
    } as any),
});
export const changeAsInAction = action({
  args: { id: v.id("pages"), friend: v.string() },
  handler: async (ctx, { id, friend }): Promise<any> =>
    await ctx.runAction(api.pages.changeInAction, {
      id,
      userId: friend,
    } as any),
});
export const changeInAction = action({
  args: { id: v.id("pages") },
  handler: async (ctx, { id }): Promise<any> =>
    await ctx.runMutation(api.pages.change, { id, title: "theirs" }),
});
export const renameLater = mutation({
  args: { friend: v.string() },
  handler: async (ctx, { friend }): Promise<any> =>
    await ctx.scheduler.runAfter(0, internal.pages.renameAll, {
      title: "renamed",
      userId: friend,
    } as any),
});
export const nearest = action({
  args: { embedding: v.array(v.float64()) },
  handler: async (ctx, { embedding }) =>
    await ctx.vectorSearch("pages", "nearest", { vector: embedding, limit: 9 }),
});

// System tables and files.
export const job = query({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }) => await ctx.db.system.get(id),
});
export const jobs = query({
  args: {},
  handler: async (ctx) => {
    const { system } = ctx.db;
    return await system.query("_scheduled_functions").collect();
  },
});
export const stop = mutation({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }) => await ctx.scheduler.cancel(id),
});
export const fileOf = query({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => await ctx.storage.getUrl(id),
});
