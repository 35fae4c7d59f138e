import type { RegisteredMutation, RegisteredQuery } from "convex/server";
import type { ObjectType, PropertyValidators, Validator } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import {
  mutation,
  query,
  type MutationCtx,
  type QueryCtx,
} from "../_generated/server";
import { getUser } from "./auth";

interface Definition<Ctx, Args extends PropertyValidators, Output> {
  args: Args;
  returns?: Validator<Output, "required", any>;
  handler: (
    ctx: Ctx & { user: Doc<"users"> },
    args: ObjectType<Args>,
  ) => Promise<Output>;
}

/** A query for signed-in users: `ctx.user` is who calls. */
export function authedQuery<Args extends PropertyValidators, Output>({
  args,
  returns,
  handler,
}: Definition<QueryCtx, Args, Output>): RegisteredQuery<
  "public",
  ObjectType<Args>,
  Promise<Output>
> {
  return query({
    args: args as PropertyValidators,
    returns: returns as Validator<any, "required", any> | undefined,
    handler: async (ctx, args) =>
      await handler(
        { ...ctx, user: await getUser(ctx) },
        args as ObjectType<Args>,
      ),
  });
}

/** A mutation for signed-in users: `ctx.user` is who calls. */
export function authedMutation<Args extends PropertyValidators, Output>({
  args,
  returns,
  handler,
}: Definition<MutationCtx, Args, Output>): RegisteredMutation<
  "public",
  ObjectType<Args>,
  Promise<Output>
> {
  return mutation({
    args: args as PropertyValidators,
    returns: returns as Validator<any, "required", any> | undefined,
    handler: async (ctx, args) =>
      await handler(
        { ...ctx, user: await getUser(ctx) },
        args as ObjectType<Args>,
      ),
  });
}
