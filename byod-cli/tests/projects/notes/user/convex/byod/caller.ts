// Written by `byod export`.

import type { Caller } from "./owner";

/** Who calls. Main looks them up; here it is the owner. */
export async function getAuthUserId(ctx: Caller) {
  return ctx.owner;
}
