import type { MutationCtx, QueryCtx } from "../_generated/server";

export async function requireUser(ctx: QueryCtx | MutationCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) throw new Error("Not signed in");
  const user = await ctx.db
    .query("users")
    .withIndex("by_sub", (q) => q.eq("sub", identity.subject))
    .unique();
  if (user === null) throw new Error("No such user");
  return user;
}
