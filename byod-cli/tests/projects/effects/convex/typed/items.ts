import { query } from "../_generated/server";
import { Limit } from "./limits";

export const all = query({
  args: {},
  handler: async (): Promise<Limit> => 1,
});
