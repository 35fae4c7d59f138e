// Written by `byod export`.

import type { Caller } from "../byod/owner";

/** Who calls. Main looks them up; here it is the owner. */
export async function requireUser(ctx: Caller) {
  return { _id: ctx.owner };
}
