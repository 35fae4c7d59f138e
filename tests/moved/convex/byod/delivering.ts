// Written by `byod export --main`.

import { makeFunctionReference } from "convex/server";
import type { ActionCtx } from "../_generated/server";
import type { Caller } from "./caller";
import { oneLine, run } from "./deployment";
import type { Credentials } from "./sealed";

// What a function that an action has called has left for main is done after the call. What
// can't be is left for the service, which takes it there: each row is done once, whoever
// brings it.

/** How often rows are taken after one call, and how many at once. */
const ROUNDS = 4;
const MOST_ROWS = 100;

const APPLY: any = makeFunctionReference<"mutation">("byod/outbox:apply");

/** Has main do what was left for it; `isStill` says whether the deployment is the caller's. */
export async function deliver(
  ctx: ActionCtx,
  { user, subject }: Caller,
  deployment: Credentials,
  isStill: () => Promise<boolean>,
): Promise<void> {
  try {
    let most = MOST_ROWS;
    for (let round = 0; round < ROUNDS && (await isStill()); round++) {
      const given = await run(deployment, {
        kind: "query",
        path: "byod/outbox:rows",
        args: { subject },
        isRepeatable: true,
      });
      const { epoch, rows, more } = given as any;
      if (!Array.isArray(rows) || rows.length === 0) return;
      const some = rows.slice(0, most).map(({ seq, row }) => ({ seq, row }));
      const apply = { user, subject, epoch, rows: some };
      let seq: number;
      try {
        ({ seq } = await ctx.runMutation(APPLY, apply));
      } catch (error) {
        // Together they may be too much for one transaction.
        if (some.length === 1) throw error;
        most = Math.ceil(some.length / 8);
        continue;
      }
      if (!(await isStill())) return;
      await run(deployment, {
        kind: "mutation",
        path: "byod/outbox:done",
        args: { subject, epoch, seq },
        isRepeatable: true,
      });
      if (more !== true && some.length === rows.length) return;
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    console.warn(
      `What functions have left for main could not be done now: ${oneLine(why)}`,
    );
  }
}
