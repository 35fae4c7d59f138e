import { query } from "../_generated/server";
import "some-polyfill";

export const all = query({
  args: {},
  handler: async () => 1,
});
