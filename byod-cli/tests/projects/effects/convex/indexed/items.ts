import { query } from "../_generated/server";
import { limits } from "./lib";

export const all = query({
  args: {},
  handler: async () => [...limits.keys()].sort(),
});
