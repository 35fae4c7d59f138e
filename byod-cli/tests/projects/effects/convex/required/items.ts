import { query } from "../_generated/server";
import "./setup";

export const all = query({ args: {}, handler: async () => 1 });
