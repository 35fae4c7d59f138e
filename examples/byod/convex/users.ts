// Written by `byod export`.

import { ownerQuery } from "./byod/owner";

/** Who calls. Main looks them up; here it is the owner. */
export const current = ownerQuery({
  args: {},
  handler: async (ctx) => ({ _id: ctx.owner }),
});
