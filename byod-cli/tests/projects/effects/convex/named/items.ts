import { query } from "../_generated/server";

const api = { items: { all: 4 } };

export const all = query({
  args: {},
  handler: async () => api.items.all,
});
