import type { Id } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";

/** Whether a user is among those who have a feature. */
export async function isFeatureOn(
  ctx: QueryCtx,
  key: string,
  userId: Id<"users">,
): Promise<boolean> {
  const flag = await ctx.db
    .query("featureFlags")
    .withIndex("by_key", (q) => q.eq("key", key))
    .unique();
  if (!flag?.enabled) return false;
  let hash = 0;
  for (const char of userId) hash = (hash * 31 + char.charCodeAt(0)) % 100;
  return hash < flag.rollout;
}
