import { ConvexError, v } from "convex/values";
import { internalMutation, mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";
import { randomToken, sha256 } from "./lib/crypto";

const CODE_MS = 10 * 60_000;

/** The command line asks for a code and shows it. */
export const startLogin = mutation({
  args: { deviceName: v.string() },
  handler: async (ctx, { deviceName }) => {
    const code = randomToken(8).toUpperCase();
    await ctx.db.insert("cliLoginCodes", {
      code,
      deviceName,
      status: "waiting",
      expiresAt: Date.now() + CODE_MS,
    });
    return { code, expiresIn: CODE_MS };
  },
});

/** The browser, signed in, approves it. */
export const approve = mutation({
  args: { code: v.string() },
  handler: async (ctx, { code }) => {
    const user = await requireUser(ctx);
    const login = await ctx.db
      .query("cliLoginCodes")
      .withIndex("by_code", (q) => q.eq("code", code.toUpperCase()))
      .unique();
    if (!login || login.status !== "waiting" || login.expiresAt < Date.now()) {
      throw new ConvexError("This code is not valid any more");
    }
    await ctx.db.patch(login._id, { status: "approved", userId: user._id });
    return login.deviceName;
  },
});

/** The command line asks until it gets its token, once. */
export const redeem = mutation({
  args: { code: v.string() },
  handler: async (ctx, { code }) => {
    const login = await ctx.db
      .query("cliLoginCodes")
      .withIndex("by_code", (q) => q.eq("code", code))
      .unique();
    if (!login || login.status !== "approved" || !login.userId) return null;
    const token = `parley_${randomToken(32)}`;
    await ctx.db.insert("cliTokens", {
      userId: login.userId,
      tokenHash: await sha256(token),
      prefix: token.slice(0, 12),
      name: login.deviceName,
      createdAt: Date.now(),
    });
    await ctx.db.patch(login._id, { status: "used" });
    return token;
  },
});

export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const tokens = await ctx.db
      .query("cliTokens")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return tokens
      .filter((token) => token.revokedAt === undefined)
      .map(({ tokenHash, ...token }) => token);
  },
});

export const rename = mutation({
  args: { tokenId: v.id("cliTokens"), name: v.string() },
  handler: async (ctx, { tokenId, name }) => {
    const user = await requireUser(ctx);
    const token = await ctx.db.get(tokenId);
    if (token?.userId !== user._id) throw new ConvexError("Token not found");
    await ctx.db.patch(tokenId, { name });
  },
});

export const revoke = mutation({
  args: { tokenId: v.id("cliTokens") },
  handler: async (ctx, { tokenId }) => {
    const user = await requireUser(ctx);
    const token = await ctx.db.get(tokenId);
    if (token?.userId !== user._id) throw new ConvexError("Token not found");
    await ctx.db.patch(tokenId, { revokedAt: Date.now() });
  },
});

export const removeExpiredCodes = internalMutation({
  args: {},
  handler: async (ctx) => {
    const expired = await ctx.db
      .query("cliLoginCodes")
      .withIndex("by_expiry", (q) => q.lt("expiresAt", Date.now()))
      .take(500);
    for (const login of expired) await ctx.db.delete(login._id);
  },
});
