import { query } from "../_generated/server";

const limits: number[] = [];
function add(to: number[], limit: number) {
  to.push(limit);
  return to.length;
}
export const added = add(limits, 5);

export const all = query({
  args: {},
  handler: async () => limits,
});
