import { query } from "../_generated/server";

class Limits {
  static max = 1;
  static {
    Limits.max = 3;
  }
}

export const all = query({
  args: {},
  handler: async () => Limits.max,
});
