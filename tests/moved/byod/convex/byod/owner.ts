// Written by `byod export`.

import {
  makeFunctionReference,
  type RegisteredAction,
  type RegisteredMutation,
  type RegisteredQuery,
} from "convex/server";
import {
  ConvexError,
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
import { inOrder, type Order } from "./order";
import { meets, vectorSearchOf, type Condition } from "./vectors";

// Functions are internal: only the service, which has the deploy key, may say
// whose documents a call is about. A function asks first whether the deployment is
// theirs. Whatever it does then, it reaches that owner's documents alone.

/** What the service adds to the arguments of every function. */
const subject = { userId: v.string() };

/** What it adds to those of mutations: milliseconds since 1970. */
const times = {};

/** Who calls. */
export interface Caller {
  /** The user's subject at the auth provider. */
  owner: string;
}

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
      if (isOwned(ctx)) {
        const own = ofOwner(given, ctx.owner);
        return await handler(ctx as any, declared(args, own));
      }
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
    args: { ...args, ...subject, ...times } as PropertyValidators,
    returns,
    handler: async (ctx, given: Given) => {
      if (isOwned(ctx)) {
        const own = ofOwner(given, ctx.owner);
        return await handler(ctx as any, declared(args, own));
      }
      const caller = callerOf(given);
      await check(ctx.db, caller.owner);
      const order = inOrder();
      const owned = {
        ...ctx,
        ...caller,
        auth: { ...ctx.auth, ...authOf(caller.owner) },
        db: writer(ctx.db, caller.owner, order),
        runQuery: passOn(ctx.runQuery, 1, caller.owner, order.read),
        runMutation: passOn(ctx.runMutation, 1, caller.owner, order.write),
        scheduler: schedulerOf(ctx, caller.owner, order),
        time: () => timeOf(given),
      };
      const run = async () => {
        try {
          return await handler(owned, declared(args, given));
        } finally {
          await order.end();
        }
      };
      return await run();
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
      if (isOwned(ctx)) {
        const own = ofOwner(given, ctx.owner);
        return await handler(ctx as any, declared(args, own));
      }
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

type Given = Record<string, any>;

function callerOf(given: Given): Caller {
  const owner: any = given.userId;
  return { owner };
}

/** The identity as far as it is known here. */
function authOf(owner: string) {
  const identity = { subject: owner, issuer: "", tokenIdentifier: owner };
  return { getUserIdentity: async () => identity };
}

function timeOf(given: Given): number {
  const names = Object.keys(times).filter((name) => Object.hasOwn(given, name));
  const read = names.map((name) => given[name]);
  return read.find((time) => time !== undefined) ?? Date.now();
}

/** The arguments without those that the service added. */
function declared<Args extends PropertyValidators>(
  args: Args,
  given: Given,
): ObjectType<Args> {
  const own = Object.entries(given).filter(([name]) =>
    Object.hasOwn(args, name),
  );
  return Object.fromEntries(own) as ObjectType<Args>;
}

/** The function, called with the owner among the arguments at `position`, in its turn. */
function passOn<Run extends (...args: any[]) => any>(
  run: Run,
  position: number,
  owner: string,
  turn: Order["read"] = async (run) => await run(),
): Run {
  const passed = async (...args: any[]) => {
    args[position] = ofOwner(args[position], owner);
    return await turn(async () => await run(...args));
  };
  HANDED_OUT.add(passed);
  return passed as any;
}

/** The arguments with who calls; where they name somebody else, it is an error. */
function ofOwner(given: Given | undefined, owner: string): Given {
  const args = { ...given };
  for (const name of Object.keys(subject)) {
    const named = Object.hasOwn(args, name) ? args[name] : undefined;
    if (named !== undefined && named !== owner) {
      const message = `\`${name}\` names somebody else: functions run for who calls alone`;
      throw new ConvexError({ code: "wrong_owner", message });
    }
    args[name] = owner;
  }
  return args;
}

/** By what runs functions in it, a context is known to be one from here. */
const HANDED_OUT = new WeakSet<object>();

/**
 * Where a function calls another's handler, with the context that it was given: the
 * caller stays who they are.
 */
function isOwned<Ctx extends { runQuery: object }>(
  ctx: Ctx,
): ctx is Ctx & Caller {
  return HANDED_OUT.has(ctx.runQuery);
}

/** Jobs are the owner's; one is cancelled only where whose it is can be asked. */
function schedulerOf(
  ctx: Pick<AnyActionCtx, "scheduler"> & Partial<Pick<AnyMutationCtx, "db">>,
  owner: string,
  order?: Order,
): AnyActionCtx["scheduler"] {
  const { scheduler, db } = ctx;
  return {
    runAfter: passOn(scheduler.runAfter, 2, owner, order?.write),
    runAt: passOn(scheduler.runAt, 2, owner, order?.write),
    cancel: async (id) => {
      if (db === undefined || order === undefined) {
        throw new Error("An action can't cancel: run a mutation that does");
      }
      await order.write(async () => {
        if ((await reader(db, owner).system.get(id)) === null) throw notFound();
        await scheduler.cancel(id);
      });
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
