import type { Id } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";

type Check = (
  ctx: QueryCtx,
  conversationId: Id<"conversations">,
) => Promise<void>;
export const checks: Check[] = [];

checks.push(async (ctx, conversationId) => {
  if ((await ctx.db.get(conversationId)) === null) throw new Error("Not yours");
});

export async function guard(
  ctx: QueryCtx,
  conversationId: Id<"conversations">,
) {
  for (const check of checks) await check(ctx, conversationId);
}
