import { query } from "../_generated/server";

import { z } from "zod";

// Nothing that is carried over knows of it.
export const shape = z.object({ text: z.string() });

export const all = query({
  args: {},
  handler: async () => "alone",
});
