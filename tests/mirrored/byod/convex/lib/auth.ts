// Written by `byod export`.

import { ConvexError } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../byod/owner";

export async function requireUser(
  ctx: QueryCtx | MutationCtx,
): Promise<Doc<"users">> {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new ConvexError("Not signed in");
  const user = await ctx.db
    .query("users")
    .withIndex("by_subject", (q) => q.eq("subject", identity.subject))
    .unique();
  if (!user) throw new ConvexError("Not signed up");
  return user;
}

/** Signed up, and not banned. */
export async function requireActive(ctx: QueryCtx | MutationCtx) {
  const user = await requireUser(ctx);
  if (user.bannedAt !== undefined) throw new ConvexError("Banned");
  return user;
}

/** One preference, or what it is for those who never set it. */
export async function preference(
  ctx: QueryCtx | MutationCtx,
  userId: string,
  key: string,
) {
  const row = await ctx.db
    .query("userPreferences")
    .withIndex("by_user_key", (q) => q.eq("userId", userId).eq("key", key))
    .unique();
  return row?.value ?? null;
}
