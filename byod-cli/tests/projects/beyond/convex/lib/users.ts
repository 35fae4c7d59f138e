import { mutation, query } from "../_generated/server";
import type { QueryCtx } from "../_generated/server";

export async function getUser(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  const user =
    identity &&
    (await ctx.db
      .query("users")
      .withIndex("by_name", (q) => q.eq("name", identity.subject))
      .first());
  if (!user) throw new Error("Sign in");
  return user;
}
export function userQuery(definition: any): any {
  return query({
    args: definition.args,
    handler: async (ctx, args) =>
      await definition.handler({ ...ctx, user: await getUser(ctx) }, args),
  });
}
export function userMutation(definition: any): any {
  return mutation({
    args: definition.args,
    handler: async (ctx, args) =>
      await definition.handler({ ...ctx, user: await getUser(ctx) }, args),
  });
}
