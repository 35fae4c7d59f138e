import { query } from "../_generated/server";

const limits: number[] = [];
if (process.env.STRICT) limits.push(1);

export const all = query({
  args: {},
  handler: async () => limits,
});
