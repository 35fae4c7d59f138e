import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, internalQuery, mutation, query } from "./_generated/server";

export const count = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("entries").collect()).length,
});

export const add = mutation({
  args: { text: v.string() },
  handler: async (ctx, entry) => await ctx.db.insert("entries", entry),
});

/** What it returns is not what it declares, and it has written by then. */
export const addAndReturnWrong = mutation({
  args: {},
  returns: v.string(),
  handler: async (ctx): Promise<any> => {
    await ctx.db.insert("entries", { text: "wrong" });
    return 7;
  },
});

export const addAndThrow = mutation({
  args: { what: v.string() },
  handler: async (ctx, { what }) => {
    await ctx.db.insert("entries", { text: "thrown" });
    switch (what) {
      case "error":
        throw new Error("no");
      case "type error":
        return (undefined as any).field;
      case "text":
        throw "just text";
      case "data":
        throw new ConvexError({ exact: 7n, bytes: new Uint8Array([1]).buffer, list: [NaN] });
      case "inner":
        return await ctx.runMutation(internal.entries.throwsInside, {});
      case "schema":
        return await ctx.db.insert("entries", { text: 7 as any });
    }
  },
});

export const throwsInside = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("entries", { text: "inside" });
    throw new ConvexError("inside");
  },
});

export const secret = internalQuery({ args: {}, handler: async () => "secret" });

export const secretByAction = action({
  args: {},
  returns: v.string(),
  handler: async (ctx): Promise<string> => {
    console.log("this must not disturb the answers");
    return await ctx.runQuery(internal.entries.secret, {});
  },
});

export const whoami = query({
  args: {},
  handler: async (ctx) => await ctx.auth.getUserIdentity(),
});

export const echo = query({ args: { value: v.any() }, handler: async (_, { value }) => value });

export const untyped = query(async (_, args: any) => args);

export const nothing = query({ args: {}, handler: async () => {} });

export const notAFunction = 7;

export default query({ args: {}, handler: async () => "by default" });
