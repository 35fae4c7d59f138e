import { query } from "../../_generated/server";

export const here = query({ args: {}, handler: async () => "nested" });
