// Written by `byod export --main`.

import { makeFunctionReference } from "convex/server";
import { convexToJson, type Value } from "convex/values";
import type { ActionCtx } from "../_generated/server";
import type { Caller } from "./caller";
import { run } from "./deployment";
import type { Credentials } from "./sealed";

// What functions on the caller's deployment read of what main has of them is brought there
// before an action asks for it.

/** How long what was brought is taken as current, in milliseconds. */
const FRESH_FOR = 10_000;

/** What main gives of a user. */
interface Given {
  at: number;
  tables: Record<string, unknown>;
}

const READ: any = makeFunctionReference<"query">("byod/mirror:read");

/** The copies of one action's caller. */
export class Copies {
  #digest: string | undefined;
  #until = 0;
  #bringing: Promise<void> | undefined;

  constructor(private readonly ctx: ActionCtx) {}

  /** What main has may be another by now. */
  outdated() {
    this.#until = 0;
    this.#bringing = undefined;
  }

  /** Has them there as main has them now; who asks at the same time waits for it, too. */
  async bring(caller: Caller, deployment: Credentials): Promise<void> {
    if (this.#bringing === undefined || Date.now() > this.#until) {
      this.#until = Date.now() + FRESH_FOR;
      const bringing = this.#bring(caller, deployment);
      this.#bringing = bringing;
      // The next one tries again.
      bringing.catch(() => this.outdated());
    }
    await this.#bringing;
  }

  async #bring({ user, subject }: Caller, deployment: Credentials) {
    const given: Given = await this.ctx.runQuery(READ, { user, subject });
    const { at } = given;
    const tables = given.tables as Record<string, Value>;
    const digest = await digestOf(JSON.stringify(convexToJson(tables)));
    if (digest === this.#digest) return;
    await run(deployment, {
      kind: "mutation",
      path: "byod/mirror:write",
      args: { subject, user, at, digest, tables },
      // It is the same, however often it comes.
      isRepeatable: true,
    });
    this.#digest = digest;
  }
}

async function digestOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const digits = [...new Uint8Array(digest)].map((byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return digits.join("");
}
