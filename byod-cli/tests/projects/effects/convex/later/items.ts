import { query } from "../_generated/server";

let strict = false;
strict = true;

export const all = query({
  args: {},
  handler: async () => strict,
});
