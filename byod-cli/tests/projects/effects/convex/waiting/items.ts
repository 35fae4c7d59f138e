import { query } from "../_generated/server";

const limits: number[] = [];
await Promise.resolve(limits.push(1));

export const all = query({
  args: {},
  handler: async () => limits,
});
