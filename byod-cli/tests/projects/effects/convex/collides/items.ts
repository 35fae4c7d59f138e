import { query } from "../_generated/server";

function ownerQuery() {
  return 1;
}

export const all = query({
  args: {},
  handler: async () => ownerQuery(),
});
