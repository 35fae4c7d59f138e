import { query } from "../_generated/server";

const hidden = query({ args: {}, handler: async () => 1 });

export const all = query({
  args: {},
  handler: async () => typeof hidden,
});
