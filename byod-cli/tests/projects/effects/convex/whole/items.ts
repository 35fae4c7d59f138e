import { query } from "../_generated/server";
import * as server from "convex/server";

export const hidden = server.queryGeneric({ args: {}, handler: async () => 1 });

export const all = query({
  args: {},
  handler: async () => typeof hidden,
});
