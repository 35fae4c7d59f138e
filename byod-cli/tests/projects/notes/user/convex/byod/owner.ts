// Written by `byod export`.

import type {
  RegisteredAction,
  RegisteredMutation,
  RegisteredQuery,
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
  type DatabaseReader,
  type DatabaseWriter,
  type MutationCtx as AnyMutationCtx,
  type QueryCtx as AnyQueryCtx,
} from "../_generated/server";

// Functions are internal: only the service, which has the deploy key, may say
// whose documents a call is about. Whatever a function does, it reaches that
// owner's documents alone, also where users share a deployment.

/** The fields that say whose a document is. */
const OWNER_FIELDS = ["userId"];

/** What the service adds to the arguments of every function. */
const subject = { userId: v.string() };

/** What it adds to those of mutations: milliseconds since 1970. */
const times = {
  createdAt: v.optional(v.number()),
  updatedAt: v.optional(v.number()),
};

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
      const caller = callerOf(given);
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
      const caller = callerOf(given);
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
      return await handler(owned, declared(args, given));
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
      const caller = callerOf(given);
      const owned = {
        ...ctx,
        ...caller,
        auth: { ...ctx.auth, ...authOf(caller.owner) },
        runQuery: passOn(ctx.runQuery, 1, caller.owner),
        runMutation: passOn(ctx.runMutation, 1, caller.owner),
        runAction: passOn(ctx.runAction, 1, caller.owner),
        scheduler: schedulerOf(ctx, caller.owner),
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
  const owner: string = given.userId;
  return { owner };
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
  return ((...args: any[]) => {
    // Whomever the calling code names: the owner is who calls.
    args[position] = { ...args[position], ...ofOwner };
    return run(...args);
  }) as Run;
}

function schedulerOf(
  { scheduler }: Pick<AnyActionCtx, "scheduler">,
  owner: string,
): AnyActionCtx["scheduler"] {
  return {
    ...scheduler,
    runAfter: passOn(scheduler.runAfter, 2, owner),
    runAt: passOn(scheduler.runAt, 2, owner),
  };
}

/** Whether the document is somebody else's. One without an owner is nobody's. */
function isForeign(doc: Record<string, any> | null, owner: string): boolean {
  return OWNER_FIELDS.some(
    (field) => doc?.[field] != null && doc[field] !== owner,
  );
}

function notFound() {
  return new ConvexError({ code: "not_found", message: "No such document" });
}

/** The database as the owner has it. */
function reader(db: DatabaseReader, owner: string): DatabaseReader {
  const any: any = db;
  const owned = {
    system: db.system,
    normalizeId: (table: any, id: string) => any.normalizeId(table, id),
    // Both with and without the table's name in front of the id.
    get: async (...id: any[]) => {
      const doc = await any.get(...id);
      return isForeign(doc, owner) ? null : doc;
    },
    query: (table: any) => query(any.query(table), owner),
  };
  return owned as any;
}

function writer(db: DatabaseWriter, owner: string): DatabaseWriter {
  const any: any = db;
  const check = async (id: any[]) => {
    const doc = await any.get(...id);
    if (doc === null || isForeign(doc, owner)) throw notFound();
  };
  const checkValue = (value: any) => {
    if (isForeign(value, owner)) throw notFound();
  };
  const owned = {
    ...reader(db, owner),
    vars: any.vars,
    insert: async (table: any, value: any) => {
      checkValue(value);
      return await any.insert(table, value);
    },
    patch: async (...args: any[]) => {
      await check(args.slice(0, -1));
      checkValue(args.at(-1));
      await any.patch(...args);
    },
    replace: async (...args: any[]) => {
      await check(args.slice(0, -1));
      checkValue(args.at(-1));
      await any.replace(...args);
    },
    delete: async (...args: any[]) => {
      await check(args);
      await any.delete(...args);
    },
  };
  return owned as any;
}

/** The query, without other people's documents. */
function query(initial: any, owner: string): any {
  const mine = (started: any) =>
    OWNER_FIELDS.reduce(
      (found, field) =>
        found.filter((q: any) =>
          q.or(
            q.eq(q.field(field), owner),
            q.eq(q.field(field), undefined),
            q.eq(q.field(field), null),
          ),
        ),
      started,
    );
  const all = () => mine(initial.fullTableScan());
  return {
    withIndex: (...args: any[]) => mine(initial.withIndex(...args)),
    withSearchIndex: (...args: any[]) => mine(initial.withSearchIndex(...args)),
    fullTableScan: all,
    order: (order: any) => all().order(order),
    filter: (predicate: any) => all().filter(predicate),
    paginate: (options: any) => all().paginate(options),
    collect: () => all().collect(),
    take: (n: number) => all().take(n),
    first: () => all().first(),
    unique: () => all().unique(),
    [Symbol.asyncIterator]: () => all()[Symbol.asyncIterator](),
  };
}
