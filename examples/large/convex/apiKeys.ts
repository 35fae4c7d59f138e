import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, mutation, query } from "./_generated/server";
import { requireUser } from "./lib/auth";

const provider = v.union(
  v.literal("openai"),
  v.literal("anthropic"),
  v.literal("google"),
);

export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const keys = await ctx.db
      .query("userApiKeys")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return keys.map(({ provider, lastFour, createdAt }) => ({
      provider,
      lastFour,
      createdAt,
    }));
  },
});

async function encrypt(text: string) {
  const raw = Uint8Array.from(atob(process.env.KEY_SECRET ?? ""), (c) =>
    c.charCodeAt(0),
  );
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, [
    "encrypt",
  ]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv },
    key,
    new TextEncoder().encode(text),
  );
  const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
  return { encryptedKey: base64(new Uint8Array(sealed)), iv: base64(iv) };
}

/** Tries the key with its provider before it is kept. */
export const save = action({
  args: { provider, key: v.string() },
  handler: async (ctx, { provider, key }): Promise<void> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    if (provider === "openai") {
      const response = await fetch("https://api.openai.com/v1/models", {
        headers: { Authorization: `Bearer ${key}` },
      });
      if (!response.ok) throw new Error("OpenAI doesn't take this key");
    }
    await ctx.runMutation(internal.apiKeys.store, {
      userId,
      provider,
      lastFour: key.slice(-4),
      ...(await encrypt(key)),
    });
  },
});

export const store = internalMutation({
  args: {
    userId: v.id("users"),
    provider,
    encryptedKey: v.string(),
    iv: v.string(),
    lastFour: v.string(),
  },
  handler: async (ctx, args) => {
    const existing = await ctx.db
      .query("userApiKeys")
      .withIndex("by_user_provider", (q) =>
        q.eq("userId", args.userId).eq("provider", args.provider),
      )
      .unique();
    if (existing) await ctx.db.delete(existing._id);
    await ctx.db.insert("userApiKeys", { ...args, createdAt: Date.now() });
  },
});

export const remove = mutation({
  args: { provider },
  handler: async (ctx, { provider }) => {
    const user = await requireUser(ctx);
    const key = await ctx.db
      .query("userApiKeys")
      .withIndex("by_user_provider", (q) =>
        q.eq("userId", user._id).eq("provider", provider),
      )
      .unique();
    if (key) await ctx.db.delete(key._id);
  },
});
