// Written by `byod export`.

import type { QueryCtx } from "../byod/owner";

/** What the user has chosen, or what is chosen for them. */
export async function preferencesOf(ctx: QueryCtx, userId: string) {
  const chosen = await ctx.db
    .query("userPreferences")
    .withIndex("by_user", (q) => q.eq("userId", userId))
    .unique();
  return { model: chosen?.model ?? "small", tone: chosen?.tone ?? "plain" };
}
