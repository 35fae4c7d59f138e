import type { QueryCtx } from "../_generated/server";

export async function callerOf(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) throw new Error("Sign in first");
  const user = await ctx.db
    .query("users")
    .withIndex("by_subject", (q) => q.eq("subject", identity.subject))
    .unique();
  if (user === null) throw new Error("No account");
  return user;
}
