import type { MutationCtx } from "../_generated/server";
import type { Id } from "../_generated/dataModel";

export const rules: Record<string, (ctx: MutationCtx, id: Id<"boards">, who: string) => Promise<boolean>> = {};
rules.rename = async (ctx, id, who) => (await ctx.db.get("boards", id))?.members.includes(who) ?? false;

let strict = false;
strict = true;

export async function may(ctx: MutationCtx, what: string, id: Id<"boards">, who: string) {
  if (!strict) return;
  const rule = rules[what];
  if (rule !== undefined && !(await rule(ctx, id, who))) throw new Error("forbidden");
}
