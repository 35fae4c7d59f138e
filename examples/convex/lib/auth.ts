import { ConvexError } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";

/** The user who calls, or null where nobody is signed in. */
export async function getUserOrNull(
  ctx: Pick<QueryCtx, "auth" | "db">,
): Promise<Doc<"users"> | null> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) return null;
  return await ctx.db
    .query("users")
    .withIndex("by_subject", (q) => q.eq("subject", identity.subject))
    .unique();
}

/** The user who calls. Throws where nobody is signed in. */
export async function getUser(
  ctx: Pick<QueryCtx, "auth" | "db">,
): Promise<Doc<"users">> {
  const user = await getUserOrNull(ctx);
  if (user === null) {
    throw new ConvexError({
      code: "unauthenticated",
      message: "Sign in first",
    });
  }
  return user;
}
