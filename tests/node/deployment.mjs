// One deployment: a project's functions over tables of its own, run by
// `convex-test`, with the checks that the backend makes before a call.
//
// Errors are worded as the backend words them. Where it is `convex-test` that
// refuses, its own words follow the backend's name for the error
// (`ArgumentValidationError: …`).

import { AsyncLocalStorage } from "node:async_hooks";
import { makeFunctionReference } from "convex/server";
import { convexToJson, jsonToConvex } from "convex/values";
import { convexTest } from "convex-test";

/**
 * @typedef {object} Call
 * @property {string} path as it was sent
 * @property {"Query" | "Mutation" | "Action" | null} kind what the endpoint is for
 * @property {unknown} args as they were sent
 * @typedef {{ value: import("convex/values").Value }
 *   | { message: string, data?: import("convex/values").Value }} Outcome
 */

/** A page that is to end somewhere ends there. `convex-test` loses that where the document is gone which was there. */
function withEnd(value, { paginationOpts }) {
  const end = paginationOpts?.endCursor;
  const isLost = typeof end === "string" && value?.continueCursor === "_end_cursor" && end !== "_end_cursor";
  return isLost ? { ...value, continueCursor: end, isDone: false } : value;
}

/** Of each call that runs: whether its handler began, and what that threw. */
const running = new AsyncLocalStorage();

export class Deployment {
  #modules;
  #test;
  /** Goes up with every mutation and action. */
  #version = 0;

  /** @param {import("./project.mjs").Project} project */
  constructor({ modules, schema }) {
    this.#modules = modules;
    const observed = Object.entries(modules).map(([name, load]) => [
      `./${name}.js`,
      async () => observeAll(await load()),
    ]);
    this.#test = convexTest({
      schema,
      // `convex-test` finds the root by this folder, and asks nothing of the file.
      modules: { ...Object.fromEntries(observed), "./_generated/api.js": async () => ({}) },
    });
  }

  /** The moment at which `readAt` can read, until the next write. */
  get version() {
    return this.#version;
  }

  /**
   * Runs a function of any kind.
   * @param {Call} call
   * @param {import("./auth.mjs").Caller} caller
   * @returns {Promise<Outcome>}
   */
  async run(call, caller) {
    const found = await this.#find(call, caller);
    if ("message" in found) return found;
    switch (found.kind) {
      case "Query":
        return (await this.#read([found], caller))[0];
      case "Mutation":
        return await this.#write(found, caller);
      case "Action":
        return await this.#act(found, caller);
    }
  }

  /**
   * Runs queries that all see the same state.
   * @param {Call[]} calls
   * @param {import("./auth.mjs").Caller} caller
   * @returns {Promise<Outcome[]>}
   */
  async read(calls, caller) {
    const found = [];
    for (const call of calls) found.push(await this.#find(call, caller));
    const outcomes = await this.#read(found, caller);
    // To `convex-test` they are one query, of which one page may be asked for; on a deployment each may ask for one.
    for (const [i, { message }] of outcomes.entries())
      if (calls.length > 1 && message?.includes("Only a single paginated query")) [outcomes[i]] = await this.#read([found[i]], caller);
    return outcomes;
  }

  /** One transaction, in which each function is called as from another function. */
  async #read(found, caller) {
    return await this.#as(caller).query(async (ctx) => {
      const outcomes = [];
      for (const it of found) {
        const run = async () => withEnd(await ctx.runQuery(it.reference, it.args), it.args);
        outcomes.push("message" in it ? it : await outcomeOf(run));
      }
      return outcomes.map(sealed);
    }).then((outcomes) => outcomes.map(opened));
  }

  /** Inside another mutation, so that a wrong result undoes what was written. */
  async #write({ reference, args }, caller) {
    this.#version += 1;
    let outcome;
    const run = (ctx) => ctx.runMutation(reference, args);
    await this.#as(caller)
      .mutation(async (ctx) => {
        outcome = await outcomeOf(() => run(ctx));
        if ("message" in outcome) throw new Error("undo");
        return null;
      })
      .catch((error) => {
        if (outcome === undefined || "value" in outcome) throw error;
      });
    return outcome;
  }

  async #act({ reference, args }, caller) {
    this.#version += 1;
    return await outcomeOf(() => this.#as(caller).action(reference, args));
  }

  /** What the project's `http.ts` answers. */
  async fetch(path, init, caller) {
    this.#version += 1;
    return await this.#as(caller).fetch(path, init);
  }

  /** A file that is put there by the URL that a function gave. */
  async put(blob) {
    this.#version += 1;
    return await this.#test.run(async (ctx) => await ctx.storage.store(blob));
  }

  /** A file by what `convex-test` has for its name, its digest; null where there is none. */
  async file(digest) {
    let blob = null;
    await this.#test.run(async (ctx) => {
      const files = await ctx.db.system.query("_storage").collect();
      const file = files.find(({ sha256 }) => sha256 === digest);
      if (file) blob = await ctx.storage.get(file._id);
    });
    return blob;
  }

  #as({ identity }) {
    return identity === null ? this.#test : this.#test.withIdentity(identity);
  }

  /** The function that a call means, or why it can't be called so. */
  async #find({ path, kind, args }, caller) {
    const [module, name = "default"] = path.replace(/\.js(?=:|$)/, "").split(":");
    let exported;
    try {
      exported = (await this.#modules[module]?.())?.[name];
    } catch (error) {
      return uncaught(error);
    }
    const declared = exported && kindOf(exported);
    // An internal function does not exist for those who may not call it.
    if (!declared || !(exported.isPublic || caller.admin)) {
      const shown = name === "default" ? module : `${module}:${name}`;
      return { message: `Could not find public function for '${shown}'.` };
    }
    if (kind !== null && kind !== declared) {
      return {
        message: `Trying to execute ${module}.js:${name} as ${kind}, but it is defined as ${declared}.`,
      };
    }
    const list = Array.isArray(args) ? args : [args];
    let values;
    try {
      values = list.map(jsonToConvex);
    } catch (error) {
      return { message: `Invalid arguments for ${path}: ${error.message}` };
    }
    if (values.length !== 1) {
      return {
        message: `ArgumentValidationError: Expected to receive a single object as the function's argument. Instead received ${values.length} arguments: ${JSON.stringify(list)}`,
      };
    }
    if (typeof list[0] !== "object" || list[0] === null || !isObject(values[0])) {
      return {
        message: `ArgumentValidationError: Expected to receive an object as the function's argument. Instead received: ${JSON.stringify(list[0])}`,
      };
    }
    const reference = makeFunctionReference(`${module}:${name}`);
    return { kind: declared, reference, args: values[0] };
  }
}

function isObject(value) {
  return !Array.isArray(value) && !(value instanceof ArrayBuffer) && typeof value === "object";
}

function kindOf({ isQuery, isMutation, isAction }) {
  return isQuery ? "Query" : isMutation ? "Mutation" : isAction ? "Action" : undefined;
}

/** Values cross a transaction as JSON, so that bytes and int64 survive in any place. */
function sealed(outcome) {
  const json = { ...outcome };
  if ("value" in outcome) json.value = JSON.stringify(convexToJson(outcome.value));
  if ("data" in outcome) json.data = JSON.stringify(convexToJson(outcome.data));
  return json;
}

function opened(json) {
  const outcome = { ...json };
  if ("value" in json) outcome.value = jsonToConvex(JSON.parse(json.value));
  if ("data" in json) outcome.data = jsonToConvex(JSON.parse(json.data));
  return outcome;
}

/** What came of a call: its value, or the error as the backend words it. */
async function outcomeOf(run) {
  const state = { began: false, thrown: undefined };
  try {
    return { value: (await running.run(state, run)) ?? null };
  } catch (error) {
    if (state.thrown !== undefined) return state.thrown;
    if (!state.began) return { message: `ArgumentValidationError: ${error.message}` };
    const wrongResult = /^Return value validation failed for [^\n]*\n(.*)$/s.exec(error.message);
    if (wrongResult) return { message: `ReturnsValidationError: ${wrongResult[1]}` };
    return uncaught(error);
  }
}

function uncaught(error) {
  if (!(error instanceof Error)) return { message: `Uncaught ${error}` };
  const message = `Uncaught ${error.name}: ${error.message}`;
  return Symbol.for("ConvexError") in error ? { message, data: error.data ?? null } : { message };
}

/** The module with functions that say to the running call when they begin and what they throw. */
function observeAll(module) {
  return Object.fromEntries(
    Object.entries(module).map(([name, exported]) => [
      name,
      typeof exported === "function" && kindOf(exported) ? observe(exported) : exported,
    ]),
  );
}

function observe(exported) {
  const handler = async (ctx, args) => {
    const state = running.getStore();
    // A function that is called by another is that one's business.
    if (state === undefined || state.began) return await exported._handler(ctx, args);
    state.began = true;
    try {
      return await exported._handler(ctx, args);
    } catch (error) {
      state.thrown = uncaught(error);
      throw error;
    }
  };
  return Object.assign((ctx, args) => exported(ctx, args), exported, { _handler: handler });
}
