// Written by `byod export --main`.

import { v } from "convex/values";
import {
  action as plainAction,
  httpAction as plainHttpAction,
  internalAction as plainInternalAction,
} from "../_generated/server";
import { CALLER } from "./caller";
import { routed } from "./routed";
import { USERS_TABLES } from "./routes";

// Import from here what you would import from `_generated/server`: all is the same,
// but actions reach what their caller has where that is.
export * from "../_generated/server";

/** An action, which runs on main, and asks for a user's data where that is. */
export const action = ((definition: any) =>
  built(plainAction, definition, false)) as typeof plainAction;

/** The same for internal ones: who calls travels along with what is scheduled or run. */
export const internalAction = ((definition: any) =>
  built(plainInternalAction, definition, true)) as typeof plainInternalAction;

/** The same for HTTP actions, of callers who send a token. */
export const httpAction: typeof plainHttpAction = (handler) =>
  plainHttpAction(async (ctx, request) => await handler(routed(ctx), request));

function built(plain: any, given: any, isInternal: boolean) {
  const definition = typeof given === "function" ? { handler: given } : given;
  const { args, returns, handler } = definition;
  const made = plain({
    ...definition,
    ...(args === undefined ? {} : { args: taken(args, isInternal) }),
    ...(returns === undefined ? {} : { returns: loose(returns) }),
    handler: async (ctx: any, given: any) => {
      // Of a public one, anybody writes the arguments.
      if (!isInternal) return await handler(routed(ctx), given);
      const { [CALLER]: caller, ...own } = given ?? {};
      return await handler(routed(ctx, caller), own);
    },
  });
  // As it is declared: by this, `byod` tells which tables' ids it takes.
  made.byodDeclared = plain(definition);
  return made;
}

/** Validators of what comes from both sides, and of who calls where that is taken. */
function taken(args: any, isInternal: boolean): any {
  const fits = loose(args);
  if (!isInternal) return fits;
  const caller = { [CALLER]: v.optional(v.string()) };
  if (!isValidator(fits)) return { ...fits, ...caller };
  if (fits.kind !== "object") return fits;
  return v.object({ ...fits.fields, ...caller });
}

/** Ids of users' tables are another deployment's where a user has one: texts, here. */
function loose(validator: any): any {
  if (!isValidator(validator)) return looseFields(validator);
  const made = looseOf(validator);
  const isOptional = validator.isOptional === "optional";
  return isOptional && made !== validator ? v.optional(made) : made;
}

function looseOf(validator: any): any {
  switch (validator.kind) {
    case "id":
      return USERS_TABLES.has(validator.tableName) ? v.string() : validator;
    case "object":
      return v.object(looseFields(validator.fields));
    case "array":
      return v.array(loose(validator.element));
    case "record":
      return v.record(loose(validator.key), loose(validator.value));
    case "union":
      return v.union(...validator.members.map(loose));
    default:
      return validator;
  }
}

function looseFields(fields: Record<string, any>): Record<string, any> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, of]) => [name, loose(of)]),
  );
}

function isValidator(of: any): boolean {
  return of?.isConvexValidator === true;
}
