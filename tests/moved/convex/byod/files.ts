// Written by `byod export --main`.

import type { Id } from "../_generated/dataModel";
import type { ActionCtx } from "../_generated/server";
import { AddressError, originOf } from "./address";
import { failure, transferred, type Kind } from "./deployment";

// A file is stored on main. Once its id is handed to a function on the caller's
// deployment, that is where it belongs: it goes there, and main keeps none.

/** The largest file that is read from a user's deployment, in bytes. */
const LARGEST = 50 * 1024 * 1024;

/** Runs a function on the caller's deployment. */
interface Runs {
  run(kind: Kind, args: Record<string, any>): Promise<any>;
}

/** Where functions run, if that is on the caller's deployment. */
interface Route {
  of(path: string, writes?: boolean): Promise<Runs | undefined>;
}

interface Held {
  blob: Blob;
  /** The id on the caller's deployment, once it is there. */
  moved?: Promise<string>;
  /** Main's functions know of it. */
  isOfMain?: boolean;
}

/** The files of one action. */
export class Files {
  readonly #held = new Map<string, Held>();

  constructor(
    private readonly plain: ActionCtx["storage"],
    private readonly route: Route,
  ) {}

  /** `ctx.storage` */
  storage(): ActionCtx["storage"] {
    const { plain } = this;
    const storage = {
      store: async (blob: Blob, options?: any) => {
        const id = await plain.store(blob, options);
        this.#held.set(id, { blob });
        return id;
      },
      getUrl: async (id: string) => {
        const there = await this.#there(id);
        return there?.url ?? (await plain.getUrl(id as Id<"_storage">));
      },
      get: async (id: string) => {
        const there = await this.#there(id);
        if (there === undefined) return await plain.get(id as Id<"_storage">);
        const got = await transferred(there.url, { method: "GET" }, LARGEST);
        if (got.status === 404) return null;
        if (got.status !== 200) throw notGiven("give");
        return new Blob([got.bytes as BlobPart], { type: got.type });
      },
      delete: async (id: string) => {
        const there = await this.#there(id);
        if (there === undefined)
          return await plain.delete(id as Id<"_storage">);
        const on = await this.#on("byod/files:remove");
        await on.run("mutation", { id: there.id });
      },
      generateUploadUrl: async () => {
        const on = await this.route.of("byod/files:uploadUrl");
        if (on === undefined) return await plain.generateUploadUrl();
        throw failure(
          "byod_not_served",
          "an action doesn't know where the file belongs that is put there: let a mutation give the URL",
        );
      },
      getMetadata: async (id: string) => {
        if ((await this.#there(id)) === undefined)
          return await (plain as any).getMetadata(id);
        throw failure(
          "byod_not_served",
          "what is known of a file beside its content stays on the user's deployment: ask a query for it",
        );
      },
    };
    return storage as any;
  }

  /** The arguments for main: what they name is main's. */
  ofMain(args: any): any {
    for (const id of this.#named(args)) {
      const held = this.#held.get(id)!;
      if (held.moved !== undefined)
        throw failure(
          "byod_not_served",
          "a file is to be on main and on the user's deployment: store it twice",
        );
      held.isOfMain = true;
    }
    return args;
  }

  /** The arguments for the caller's deployment: what they name is there. */
  async ofUser(args: any): Promise<any> {
    const moved = new Map<string, string>();
    for (const id of this.#named(args)) {
      const held = this.#held.get(id)!;
      held.moved ??= this.#move(id, held);
      moved.set(id, await held.moved);
    }
    return moved.size === 0 ? args : replaced(args, moved);
  }

  async #move(id: string, { blob, isOfMain }: Held): Promise<string> {
    const on = await this.#on("byod/files:uploadUrl");
    const url = checked(await on.run("mutation", {}));
    const headers = { "Content-Type": blob.type || "application/octet-stream" };
    const request = { method: "POST", headers, body: blob };
    const { status, bytes } = await transferred(url, request, 10_000);
    let storageId: unknown;
    try {
      ({ storageId } = JSON.parse(new TextDecoder().decode(bytes)));
    } catch {
      // It is none.
    }
    if (status !== 200 || typeof storageId !== "string") throw notGiven("take");
    if (!isOfMain) await this.plain.delete(id as Id<"_storage">);
    return storageId;
  }

  async #on(path: string): Promise<Runs> {
    const on = await this.route.of(path, true);
    if (on === undefined)
      throw new Error(`\`${path}\` is for users' deployments`);
    return on;
  }

  /** Where the caller's deployment has the file, if it does. */
  async #there(id: string): Promise<{ id: string; url: string } | undefined> {
    const held = this.#held.get(id);
    if (held !== undefined && held.moved === undefined) return undefined;
    const on = await this.route.of("byod/files:url");
    if (on === undefined) return undefined;
    const known = (await held?.moved) ?? id;
    const url = await on.run("query", { id: known });
    return url === null ? undefined : { id: known, url: checked(url) };
  }

  /** The files of this action that a value names. */
  #named(value: any): Set<string> {
    const found = new Set<string>();
    if (this.#held.size > 0)
      visit(value, (text) => {
        if (this.#held.has(text)) found.add(text);
      });
    return found;
  }
}

function notGiven(what: "give" | "take") {
  const message = `the user's deployment doesn't ${what} a file`;
  return failure("byod_unreachable", message);
}

/** A URL that a user's deployment gives: where deployments may be, and nowhere else. */
function checked(url: unknown): string {
  try {
    const { origin, href } = new URL(String(url));
    originOf(origin);
    return href;
  } catch (error) {
    const why = error instanceof AddressError ? error.message : "is none";
    throw failure(
      "byod_address",
      `the URL that the user's deployment gives for a file ${why}`,
    );
  }
}

function visit(value: any, see: (text: string) => void) {
  if (typeof value === "string") see(value);
  else if (Array.isArray(value)) for (const one of value) visit(one, see);
  else if (value !== null && typeof value === "object")
    for (const one of Object.values(value)) visit(one, see);
}

function replaced(value: any, by: Map<string, string>): any {
  if (typeof value === "string") return by.get(value) ?? value;
  if (Array.isArray(value)) return value.map((one) => replaced(one, by));
  if (
    value === null ||
    typeof value !== "object" ||
    value instanceof ArrayBuffer
  )
    return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, one]) => [name, replaced(one, by)]),
  );
}
