// Written by `byod export`.

import {
  makeFunctionReference,
  type RegisteredAction,
  type RegisteredMutation,
  type RegisteredQuery,
} from "convex/server";
import {
  v,
  type ObjectType,
  type PropertyValidators,
  type Validator,
} from "convex/values";
import {
  internalAction,
  internalMutation,
  internalQuery,
  type ActionCtx as AnyActionCtx,
  type MutationCtx as AnyMutationCtx,
  type QueryCtx as AnyQueryCtx,
} from "../_generated/server";
import { check, checkInAction } from "./claim";
import { notFound, reader, writer } from "./database";
/*key import*/import { meets, vectorSearchOf, type Condition } from "./vectors";

// Functions are internal: only the service, which has the deploy key, may say
// whose documents a call is about. A function asks first whether the deployment is
// theirs. Whatever it does then, it reaches that owner's documents alone.

/** What the service adds to the arguments of every function. */
const subject = { /*subject args*/ };

/** What it adds to those of mutations: milliseconds since 1970. */
const times = { /*time args*/ };

/*key*//** Who calls. */
export interface Caller {
  /** The user's subject at the auth provider. */
  owner: string;
/*caller type*/}

export type QueryCtx = AnyQueryCtx & Caller;
export type MutationCtx = AnyMutationCtx &
  Caller & {
    /** The service's reading of the clock, one per call. */
    time(): number;
  };
export type ActionCtx = AnyActionCtx & Caller;

interface Definition<Ctx, Args extends PropertyValidators, Output> {
  args: Args;
  returns?: Validator<any, "required", any> | PropertyValidators;
  handler: (ctx: Ctx, args: ObjectType<Args>) => Output | Promise<Output>;
}

/** A query of the owner's documents. */
export function ownerQuery<Args extends PropertyValidators, Output>({
  args,
  returns,
  handler,
}: Definition<QueryCtx, Args, Output>): RegisteredQuery<
  "internal",
  ObjectType<Args>,
  Promise<Awaited<Output>>
> {
  return internalQuery({
    args: { ...args, ...subject } as PropertyValidators,
    returns,
    handler: async (ctx, given: Given) => {
      if (isOwned(ctx)) return await handler(ctx as any, declared(args, given));
      const caller = callerOf(given);
      await check(ctx.db, caller.owner);
      const owned = {
        ...ctx,
        ...caller,
        auth: { ...ctx.auth, ...authOf(caller.owner) },
        db: reader(ctx.db, caller.owner),
        runQuery: passOn(ctx.runQuery, 1, caller.owner),
      };
      return await handler(owned, declared(args, given));
    },
  });
}

/** A mutation of the owner's documents. */
export function ownerMutation<Args extends PropertyValidators, Output>({
  args,
  returns,
  handler,
}: Definition<MutationCtx, Args, Output>): RegisteredMutation<
  "internal",
  ObjectType<Args>,
  Promise<Awaited<Output>>
> {
  return internalMutation({
    args: { /*key args*/...args, ...subject, ...times } as PropertyValidators,
    returns,
    handler: async (ctx, given: Given) => {
      if (isOwned(ctx)) return await handler(ctx as any, declared(args, given));
      const caller = callerOf(given);
      await check(ctx.db, caller.owner);
      const owned = {
        ...ctx,
        ...caller,
        auth: { ...ctx.auth, ...authOf(caller.owner) },
        db: writer(ctx.db, caller.owner),
        runQuery: passOn(ctx.runQuery, 1, caller.owner),
        runMutation: passOn(ctx.runMutation, 1, caller.owner),
        scheduler: schedulerOf(ctx, caller.owner),
        time: () => timeOf(given),
      };
      /*run*/return await handler(owned, declared(args, given));
    },
  });
}

/** An action; what it runs and schedules is run for the same owner. */
export function ownerAction<Args extends PropertyValidators, Output>({
  args,
  returns,
  handler,
}: Definition<ActionCtx, Args, Output>): RegisteredAction<
  "internal",
  ObjectType<Args>,
  Promise<Awaited<Output>>
> {
  return internalAction({
    args: { ...args, ...subject } as PropertyValidators,
    returns,
    handler: async (ctx, given: Given) => {
      if (isOwned(ctx)) return await handler(ctx as any, declared(args, given));
      const caller = callerOf(given);
      await checkInAction(ctx, caller.owner);
      const owned = {
        ...ctx,
        ...caller,
        auth: { ...ctx.auth, ...authOf(caller.owner) },
        runQuery: passOn(ctx.runQuery, 1, caller.owner),
        runMutation: passOn(ctx.runMutation, 1, caller.owner),
        runAction: passOn(ctx.runAction, 1, caller.owner),
        scheduler: schedulerOf(ctx, caller.owner),
        vectorSearch: vectorSearchOf(ctx, caller.owner, ownIdsOf(ctx, caller)),
      };
      return await handler(owned, declared(args, given));
    },
  });
}

/**
 * Whether the document has these fields; one that is undefined may be anything,
 * and what was never set counts as false. For the filter of a query.
 */
export function matches(q: any, fields: Record<string, unknown>): any {
  const conditions = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      value === false
        ? q.or(q.eq(q.field(name), false), q.eq(q.field(name), undefined))
        : q.eq(q.field(name), value),
    );
  return q.and(...conditions);
}

type Given = Record<string, any>;

function callerOf(given: Given): Caller {
  const owner: string = given[/*subject*/];
  return { owner/*caller value*/ };
}

/** The identity as far as it is known here. */
function authOf(owner: string) {
  const identity = { subject: owner, issuer: "", tokenIdentifier: owner };
  return { getUserIdentity: async () => identity };
}

function timeOf(given: Given): number {
  const read = Object.keys(times).map((name) => given[name]);
  return read.find((time) => time !== undefined) ?? Date.now();
}

/** The arguments without those that the service added. */
function declared<Args extends PropertyValidators>(
  args: Args,
  given: Given,
): ObjectType<Args> {
  const own = Object.entries(given).filter(([name]) => name in args);
  return Object.fromEntries(own) as ObjectType<Args>;
}

/** The function, called with the owner among the arguments at `position`. */
function passOn<Run extends (...args: any[]) => any>(
  run: Run,
  position: number,
  owner: string,
): Run {
  const ofOwner = Object.fromEntries(
    Object.keys(subject).map((name) => [name, owner]),
  );
  const passed = (...args: any[]) => {
    // Whomever the calling code names: the owner is who calls.
    args[position] = { ...args[position], ...ofOwner };
    return run(...args);
  };
  HANDED_OUT.add(passed);
  return passed as Run;
}

/** By what runs functions in it, a context is known to be one from here. */
const HANDED_OUT = new WeakSet<object>();

/**
 * Where a function calls another's handler, with the context that it was given: the
 * caller stays who they are, whomever the arguments name.
 */
function isOwned(ctx: { runQuery: object }): boolean {
  return HANDED_OUT.has(ctx.runQuery);
}

/** Jobs are the owner's; one is cancelled only where whose it is can be asked. */
function schedulerOf(
  ctx: Pick<AnyActionCtx, "scheduler"> & Partial<Pick<AnyMutationCtx, "db">>,
  owner: string,
): AnyActionCtx["scheduler"] {
  const { scheduler, db } = ctx;
  return {
    runAfter: passOn(scheduler.runAfter, 2, owner),
    runAt: passOn(scheduler.runAt, 2, owner),
    cancel: async (id) => {
      if (db === undefined) {
        throw new Error("An action can't cancel: run a mutation that does");
      }
      if ((await reader(db, owner).system.get(id)) === null) throw notFound();
      await scheduler.cancel(id);
    },
  };
}

/** Asks which documents are the owner's. */
function ownIdsOf(ctx: AnyActionCtx, { owner }: Caller) {
  const ofOwner = passOn(ctx.runQuery, 1, owner);
  const ownIds = makeFunctionReference<"query">("byod/owner:ownIds");
  return async (ids: string[], conditions?: Condition[]): Promise<string[]> =>
    await ofOwner(ownIds as any, { ids, conditions });
}

/** Which of these ids are of documents of the owner that meet a condition. */
export const ownIds = ownerQuery({
  args: {
    ids: v.array(v.string()),
    conditions: v.optional(
      v.array(v.object({ field: v.string(), value: v.optional(v.any()) })),
    ),
  },
  handler: async (ctx, { ids, conditions }) => {
    const docs = await Promise.all(ids.map((id) => ctx.db.get(id as any)));
    return docs.flatMap((doc) =>
      doc !== null && meets(doc, conditions) ? [doc._id as string] : [],
    );
  },
});
