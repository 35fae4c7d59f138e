import { query } from "../_generated/server";

const limits = { max: 1 };
Object.assign(limits, { max: 3 });

export const all = query({
  args: {},
  handler: async () => limits.max,
});
