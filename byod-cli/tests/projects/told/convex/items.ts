import { query } from "./_generated/server";
import * as A from "./lib/callers";
import { me } from "./lib/callers";
export const t = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me2 } from "./lib/callers";
export const t2 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me2(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me3 } from "./lib/callers";
export const t3 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me3(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me4 } from "./lib/callers";
export const t4 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me4(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me5 } from "./lib/callers";
export const t5 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me5(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me6 } from "./lib/callers";
export const t6 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me6(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me7 } from "./lib/callers";
export const t7 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me7(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me8 } from "./lib/callers";
export const t8 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me8(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me9 } from "./lib/callers";
export const t9 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me9(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me10 } from "./lib/callers";
export const t10 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me10(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me11 } from "./lib/callers";
export const t11 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me11(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me12 } from "./lib/callers";
export const t12 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me12(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me13 } from "./lib/callers";
export const t13 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me13(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me14 } from "./lib/callers";
export const t14 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me14(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me15 } from "./lib/callers";
export const t15 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me15(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me16 } from "./lib/callers";
export const t16 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me16(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me17 } from "./lib/callers";
export const t17 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me17(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me18 } from "./lib/callers";
export const t18 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me18(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me0 } from "./lib/callers";
export const u1 = query({
  args: {},
  handler: async (ctx) => {
    const user = await me0(ctx);
    const go = async () => {
      if (user.banned) throw 1;
    };
    await go();
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
export const u2 = query({
  args: {},
  handler: async (ctx) => {
    const user = await me0(ctx);
    const copy = { u: user };
    if (copy.u.banned) throw 1;
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
export const u3 = query({
  args: {},
  handler: async (ctx) => {
    const [user] = await Promise.all([me0(ctx)]);
    if (user.banned) throw 1;
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
export const u4 = query({
  args: {},
  handler: async (ctx) => {
    let user;
    user = await me0(ctx);
    if (user.banned) throw 1;
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user!._id))
      .collect();
  },
});
export const u5 = query({
  args: {},
  handler: async (ctx) => {
    const user = await A.me0(ctx);
    if (user.banned) throw 1;
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
export const u6 = query({
  args: {},
  handler: async (ctx) => {
    const user = await me0(ctx);
    if ("banned" in user && user["banned"]) throw 1;
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
export const u7 = query({
  args: {},
  handler: async (ctx) => {
    const id = (await me0(ctx))._id;
    const u = await ctx.db.get(id);
    if (u!.banned) throw 1;
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", id))
      .collect();
  },
});
export const u8 = query({
  args: {},
  handler: async (ctx) => {
    const user = await me0(ctx);
    const { db } = ctx;
    const u = await db.get("users", user._id);
    if (u!.banned) throw 1;
    return [];
  },
});
export const u9 = query({
  args: {},
  handler: async (ctx) => {
    const user = (await me0(ctx)) as any;
    if (user.banned) throw 1;
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
export const u10 = query({
  args: {},
  handler: async (ctx) => {
    const user = await me0(ctx);
    if (user && (user as any).banned) throw 1;
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
export const u11 = query({
  args: {},
  handler: async function (ctx) {
    const user = await me0(ctx);
    if (arguments.length > 5 || user.plan == null) throw 1;
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
export const ok = query({
  args: {},
  handler: async (ctx) => {
    const user = await me0(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me19 } from "./lib/callers";
export const t19 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me19(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me20 } from "./lib/callers";
export const t20 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me20(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me21 } from "./lib/callers";
export const t21 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me21(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me22 } from "./lib/callers";
export const t22 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me22(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me23 } from "./lib/callers";
export const t23 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me23(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me24 } from "./lib/callers";
export const t24 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me24(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me25 } from "./lib/callers";
export const t25 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me25(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me26 } from "./lib/callers";
export const t26 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me26(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me27 } from "./lib/callers";
export const t27 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me27(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
import { me28 } from "./lib/callers";
export const t28 = query({
  args: {},
  handler: async (ctx) => {
    const user: any = await me28(ctx);
    return await ctx.db
      .query("items")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
  },
});
