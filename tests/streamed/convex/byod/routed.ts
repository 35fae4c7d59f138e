// Written by `byod export --main`.

import {
  getFunctionName,
  makeFunctionReference,
  type FunctionReference,
} from "convex/server";
import type { ActionCtx } from "../_generated/server";
import { AddressError, originOf } from "./address";
import { Copies } from "./bringing";
import { CALLER, openCaller, renamed, sealCaller, type Caller } from "./caller";
import { deliver } from "./delivering";
import { failure, oneLine, run, type Kind } from "./deployment";
import { Files } from "./files";
import {
  ON_MAIN,
  ON_USERS,
  REFUSED,
  TAKE_CALLER,
  USERS_TABLES,
  type OnUsers,
} from "./routes";
import {
  open,
  SealError,
  setting,
  type Credentials,
  type UserRecord,
} from "./sealed";

// What an action asks of other functions goes where those run for who calls: to the
// caller's own deployment if they have connected one. Nothing that belongs there is
// done on main instead.

/** How long a user's record is taken as it was read, in milliseconds. */
const KNOWN_FOR = 5_000;

/** How long, where something is to be written: who moves their data waits for that. */
const KNOWN_TO_WRITE = 2_000;

/** Who calls, and where their data is. */
interface Standing {
  caller: Caller;
  /** Nothing: it is on main. */
  deployment: Credentials | undefined;
  /** Whether it is on its way, so that nothing may be written. */
  frozen: boolean;
}

type Args = Record<string, any>;

/** The context of an action, by which functions run where they belong. */
export function routed(ctx: ActionCtx, caller?: unknown): ActionCtx {
  const route = new Route(ctx, caller);
  const runs = (kind: Kind, plain: (...args: any[]) => Promise<any>) => {
    const run = async (reference: any, args: Args = {}) => {
      const path = pathOf(reference);
      const on = await route.of(path, kind !== "query");
      if (on === undefined)
        return await route.onMain(kind, async () =>
          plain(reference, await route.along(path, args)),
        );
      return await on.run(kind, args);
    };
    return run as any;
  };
  return {
    ...ctx,
    runQuery: runs("query", ctx.runQuery),
    runMutation: runs("mutation", ctx.runMutation),
    runAction: runs("action", ctx.runAction),
    scheduler: schedulerOf(ctx, route),
    vectorSearch: vectorSearchOf(ctx, route),
    storage: route.files.storage(),
  };
}

function schedulerOf(ctx: ActionCtx, route: Route): ActionCtx["scheduler"] {
  const { scheduler } = ctx;
  const schedules = (plain: (...args: any[]) => Promise<any>) => {
    const schedule = async (when: any, reference: any, args: Args = {}) => {
      const path = pathOf(reference);
      const on = await route.of(path, true);
      if (on === undefined)
        return await plain(when, reference, await route.along(path, args));
      return await plain(when, SCHEDULED, await on.later(args));
    };
    return schedule as any;
  };
  return {
    ...scheduler,
    runAfter: schedules(scheduler.runAfter),
    runAt: schedules(scheduler.runAt),
    cancel: scheduler.cancel,
  };
}

/** What a user has is searched where it is; the owner's documents alone are found. */
function vectorSearchOf(
  ctx: ActionCtx,
  route: Route,
): ActionCtx["vectorSearch"] {
  const search = async (table: string, index: string, query: any) => {
    const on = USERS_TABLES.has(table) ? await route.of(SEARCH) : undefined;
    if (on === undefined)
      return await (ctx as any).vectorSearch(table, index, query);
    const q = {
      eq: (field: string, value: any) => [{ field, value }],
      or: (...some: any[][]) => some.flat(),
    };
    const { filter, ...rest } = query;
    const conditions = filter?.(q).map(({ field, value }: any) => ({
      field,
      ...(value === undefined ? {} : { value: on.ownIn(field, value) }),
    }));
    const args = { table, index, ...rest, filter: conditions };
    return await on.run("action", args);
  };
  return search as any;
}

/** By which a user's deployment searches its vectors. */
const SEARCH = "byod/search:vectors";

/** The internal action that makes a call on a user's deployment when its time comes. */
const SCHEDULED = makeFunctionReference<"action">("byod/routing:scheduled");

type RecordOf = { user?: string };
const RECORD = makeFunctionReference<"query", RecordOf, UserRecord | null>(
  "byod/routing:record",
) as unknown as FunctionReference<
  "query",
  "internal",
  RecordOf,
  UserRecord | null
>;

type Connected = Standing & { deployment: Credentials };

/** Where the functions run that one action asks for. */
export class Route {
  readonly files: Files;
  readonly #copies: Copies;
  #first: Standing | null | undefined;
  #known: Promise<Standing | null> | undefined;
  #since = 0;

  constructor(
    private readonly ctx: ActionCtx,
    private readonly sealed: unknown,
  ) {
    this.files = new Files(ctx.storage, this);
    this.#copies = new Copies(ctx);
  }

  /** What runs on main may change what the caller's deployment has copies of. */
  async onMain<T>(kind: Kind, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } finally {
      if (kind !== "query") this.#copies.outdated();
    }
  }

  /** Before a call that reads copies. */
  async bring({ caller, deployment }: Connected) {
    await this.#copies.bring(caller, deployment);
  }

  /** After a call that may have left something for main. */
  async deliver({ caller, deployment }: Connected) {
    const isStill = async () => {
      const now = await this.standing();
      return now?.deployment?.url === deployment.url;
    };
    await deliver(this.ctx, caller, deployment, isStill);
  }

  /** Where the function runs, if that is on the caller's deployment. */
  async of(
    path: string | undefined,
    writes = false,
  ): Promise<OnDeployment | undefined> {
    if (path === undefined || ON_MAIN.has(path)) return undefined;
    const standing = await this.standing(writes ? KNOWN_TO_WRITE : KNOWN_FOR);
    if (writes && standing?.frozen)
      throw failure(
        "byod_moving",
        "the user's data is being moved, and nothing is written until it is there: try again in a while",
      );
    if (standing?.deployment === undefined) return undefined;
    if (!Object.hasOwn(ON_USERS, path)) {
      const reason = Object.hasOwn(REFUSED, path)
        ? REFUSED[path]
        : "isn't among the functions that `byod export` has judged";
      throw failure(
        "byod_not_served",
        `\`${path}\` doesn't run for users who have connected a deployment: it ${reason}`,
      );
    }
    return new OnDeployment(path, standing as Connected, this);
  }

  /** The arguments for main: who calls goes along with what takes it, from here alone. */
  async along(path: string | undefined, given: Args): Promise<Args> {
    const args: Args = this.files.ofMain(given);
    if (path === undefined || !TAKE_CALLER.has(path)) return args;
    const { [CALLER]: _, ...own } = args;
    const standing = await this.standing();
    if (standing === null) return own;
    const sealed = await sealCaller(standing.caller);
    return sealed === undefined ? own : { ...own, [CALLER]: sealed };
  }

  /** Who calls and where their data is; null where nobody is known. */
  async standing(knownFor = KNOWN_FOR): Promise<Standing | null> {
    if (this.#known === undefined || Date.now() > this.#since + knownFor) {
      this.#since = Date.now();
      const known = this.#read();
      this.#known = known;
      // The next one asks again.
      known.catch(() => (this.#known = undefined));
    }
    const standing = await this.#known;
    this.#first ??= standing;
    const [was, is] = [this.#first, standing].map((it) => it?.deployment?.url);
    if (was !== is) throw moved();
    return standing;
  }

  async #read(): Promise<Standing | null> {
    const named = this.sealed === undefined ? undefined : await this.#named();
    const known = await this.ctx.runQuery(
      RECORD,
      named === undefined ? {} : { user: named.user },
    );
    if (known === null) return null;
    const { user } = known;
    const subject = named?.subject ?? known.subject;
    const deployment = await deploymentOf(known);
    const at = deployment === undefined ? "main" : "user";
    if (named !== undefined && named.at !== at) throw moved();
    const frozen = known.record?.move?.frozen ?? false;
    return { caller: { user, subject, at }, deployment, frozen };
  }

  async #named(): Promise<Caller> {
    try {
      return await openCaller(this.sealed);
    } catch (error) {
      throw told(error);
    }
  }
}

function moved() {
  return failure(
    "byod_moved",
    "the user's data has moved to another deployment since this work was begun: begin it again",
  );
}

/** What the record says: the deployment, none, or why there is none to be called. */
async function deploymentOf(
  known: UserRecord,
): Promise<Credentials | undefined> {
  const { record } = known;
  if (setting("BYOD_ROUTING") === "off") return undefined;
  switch (record?.connectionStatus) {
    case undefined:
    case "pending":
    case "disconnected":
      return undefined;
    case "connected":
      break;
    default: {
      const why = oneLine(record?.connectionError || "no reason is stored");
      throw failure("byod_blocked", `the user's deployment is failing: ${why}`);
    }
  }
  try {
    const { url, key } = await open(known.user, record);
    return { url: originOf(url), key };
  } catch (error) {
    throw told(error);
  }
}

function told(error: unknown) {
  if (error instanceof SealError)
    return failure("byod_credentials", error.message);
  if (error instanceof AddressError)
    return failure(
      "byod_address",
      `the URL of the user's deployment ${error.message}`,
    );
  return error;
}

/** A function, on the deployment of who calls. */
export class OnDeployment {
  readonly #takes: OnUsers;

  constructor(
    readonly path: string,
    readonly standing: Connected,
    private readonly route: Route,
  ) {
    this.#takes = ON_USERS[path]!;
  }

  async run(kind: Kind, given: Args, once?: string): Promise<any> {
    const { caller, deployment } = this.standing;
    const own = await this.route.files.ofUser(given);
    const { args, isRepeatable } = this.#args(own, once);
    const call = {
      kind,
      path: this.path,
      args,
      isRepeatable: kind === "query" || isRepeatable,
    };
    if (this.#takes.copies) await this.route.bring(this.standing);
    const value = await run(deployment, call);
    if (this.#takes.leaves) await this.route.deliver(this.standing);
    return renamed(value, caller.subject, caller.user);
  }

  /** The value of a field there, where on main it names who calls. */
  ownIn(field: string, value: any): any {
    const { user, subject } = this.standing.caller;
    return renamed(value, user, subject, field);
  }

  /** The arguments of the action by which main calls it later. */
  async later(given: Args): Promise<Args> {
    const { caller } = this.standing;
    // What is wrong shows at once.
    this.#args(given, "");
    return {
      [CALLER]: await sealCaller(caller),
      path: this.path,
      args: await this.route.files.ofUser(given),
      once: crypto.randomUUID(),
    };
  }

  /** As users' deployments take them: whose they are, the session alone says. */
  #args(given: Args, once: string | undefined) {
    const { user, subject } = this.standing.caller;
    const { [CALLER]: _, ...own } = given;
    const args: Args = renamed(own, user, subject);
    let isRepeatable = false;
    for (const [name, what] of Object.entries(this.#takes.give)) {
      if (what === "subject") {
        const named = Object.hasOwn(own, name) ? own[name] : undefined;
        if (named !== undefined && named !== user && named !== subject)
          throw failure(
            "byod_wrong_owner",
            `\`${name}\` of \`${this.path}\` names somebody else than who calls`,
          );
        args[name] = subject;
      } else if (what === "now") {
        args[name] = Date.now();
      } else {
        args[name] = `${this.path} main ${once ?? crypto.randomUUID()}`;
        isRepeatable = true;
      }
    }
    return { args, isRepeatable };
  }
}

/** `dir/module:name`; nothing for a component's function. */
function pathOf(reference: any): string | undefined {
  if (typeof reference === "string" && reference.startsWith("function://"))
    throw failure(
      "byod_not_served",
      "a function's handle doesn't say which function it is: name it, as `internal.module.name`",
    );
  let name: string;
  try {
    name = getFunctionName(reference);
  } catch {
    return undefined;
  }
  const [module = "", of = "default"] = name.split(":");
  return `${module.replace(/\.js$/, "")}:${of}`;
}
