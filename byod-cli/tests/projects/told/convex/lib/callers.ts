// Who calls, told with a check that a user's deployment can't make: each a way to hide
// one.
import type { QueryCtx } from "../_generated/server";
export async function me(ctx: QueryCtx) {
  const identity = (await ctx.auth.getUserIdentity())!;
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (user === null || user.banned) throw new Error("no");
  return user;
}
export async function me2(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) throw new Error("no");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .filter((q) => q.eq(q.field("banned"), false))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me3(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("no");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  assertOk(user);
  return user!;
}
function assertOk(u: any) {
  if (u.banned) throw new Error("banned");
}
export async function me4(ctx: QueryCtx) {
  const user = await me0(ctx);
  switch (user.plan) {
    case "free":
      throw new Error("pay");
  }
  return user;
}
export async function me0(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("no");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me5(ctx: QueryCtx) {
  const user = await me0(ctx);
  return user.plan === "pro" ? user : fail();
}
function fail(): never {
  throw new Error("pay");
}
export async function me6(ctx: QueryCtx) {
  const user = await me0(ctx);
  return (user.banned && fail()) || user;
}
export async function me7(ctx: QueryCtx) {
  const { banned, ...user } = await me0(ctx);
  if (banned) throw new Error("x");
  return user;
}
export async function me8(ctx: QueryCtx) {
  const user = await me0(ctx);
  try {
    check(user);
  } catch {
    throw new Error("b");
  }
  return user;
}
function check(u: any) {
  if (u.banned) throw 1;
}
export const me9 = async (ctx: QueryCtx) => check2(await me0(ctx));
function check2<T extends { banned: boolean }>(u: T): T {
  if (u.banned) throw 1;
  return u;
}
export async function me10(ctx: QueryCtx) {
  const user = await me0(ctx);
  if (user.plan) return user;
  throw new Error("x");
}
export async function me11(ctx: QueryCtx) {
  const user = await me0(ctx);
  if (!user || !user.plan) throw new Error("x");
  return user;
}
export async function me12(ctx: QueryCtx) {
  const user = await me0(ctx);
  while (user.banned) throw new Error("x");
  return user;
}
export async function me13(ctx: QueryCtx) {
  const user = await me0(ctx);
  const ok = user.banned ? fail() : true;
  return user;
}
export async function me14(ctx: QueryCtx, strict = true) {
  const user = await me0(ctx);
  if (strict && user.banned) throw 1;
  return user;
}
export async function me15(ctx: QueryCtx) {
  const user = await me0(ctx);
  return { ...user, ok: check2(user) };
}
export async function me16(ctx: QueryCtx) {
  const user = (await me0(ctx)) satisfies any;
  return user.banned ? null : user;
}
export async function me17(ctx: QueryCtx) {
  const user = await me0(ctx);
  label: {
    if (user.banned) throw 1;
  }
  return user;
}
export async function me18(ctx: QueryCtx) {
  const user = await me0(ctx);
  function inner() {
    if (user.banned) throw 1;
  }
  inner();
  return user;
}
export async function me19(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity || !identity.email) throw new Error("no mail");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me20(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity?.email) throw new Error("no mail");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me21(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (identity?.email === undefined) throw new Error("no mail");
  if (identity === null) throw new Error("no");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me22(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("no");
  const { email } = identity;
  if (email == null) throw new Error("no mail");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me23(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("no");
  const { email = fail() } = identity;
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me24(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("no");
  const email = identity.email ?? fail();
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me25(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new Error("no");
  const mail = identity.email;
  if (mail) {
  } else throw new Error("no mail");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me26(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity || !identity.emailVerified) throw new Error("no");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (!user) throw new Error("no");
  return user;
}
export async function me27(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  const user = identity && (await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique());
  return identity?.email ? user! : fail();
}
export async function me28(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity?.email) throw new Error("no mail");
  return await me0(ctx);
}
