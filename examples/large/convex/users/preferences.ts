import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import { getCurrentUser, requireUser } from "../lib/auth";
import { PREFERENCE_DEFAULTS, type PreferenceKey } from "../lib/preferences";
import { isModel } from "@/lib/models";

const preferenceKey = v.union(
  ...(Object.keys(PREFERENCE_DEFAULTS) as PreferenceKey[]).map((key) =>
    v.literal(key),
  ),
);

/** All preferences of the user who calls, defaults included. */
export const getAll = query({
  args: {},
  handler: async (ctx) => {
    const user = await getCurrentUser(ctx);
    if (!user) return PREFERENCE_DEFAULTS;
    const rows = await ctx.db
      .query("userPreferences")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return {
      ...PREFERENCE_DEFAULTS,
      ...Object.fromEntries(rows.map((row) => [row.key, row.value])),
    };
  },
});

export const get = query({
  args: { key: preferenceKey },
  handler: async (ctx, { key }) => {
    const user = await getCurrentUser(ctx);
    if (!user) return PREFERENCE_DEFAULTS[key as PreferenceKey];
    const row = await ctx.db
      .query("userPreferences")
      .withIndex("by_user_key", (q) => q.eq("userId", user._id).eq("key", key))
      .unique();
    return row?.value ?? PREFERENCE_DEFAULTS[key as PreferenceKey];
  },
});

export const set = mutation({
  args: { key: preferenceKey, value: v.any() },
  handler: async (ctx, { key, value }) => {
    const user = await requireUser(ctx);
    if (typeof value !== typeof PREFERENCE_DEFAULTS[key as PreferenceKey]) {
      throw new Error(`Not a value for ${key}`);
    }
    if (key === "defaultModel" && !isModel(value)) {
      throw new Error("No such model");
    }
    const row = await ctx.db
      .query("userPreferences")
      .withIndex("by_user_key", (q) => q.eq("userId", user._id).eq("key", key))
      .unique();
    const updatedAt = Date.now();
    if (row) await ctx.db.patch(row._id, { value, updatedAt });
    else {
      await ctx.db.insert("userPreferences", {
        userId: user._id,
        key,
        value,
        updatedAt,
      });
    }
  },
});

export const reset = mutation({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const rows = await ctx.db
      .query("userPreferences")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    await Promise.all(rows.map((row) => ctx.db.delete(row._id)));
    return rows.length;
  },
});
