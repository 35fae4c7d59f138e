import { query } from "../_generated/server";
import { gone } from "./gone";

export const all = query({ args: {}, handler: async () => 1 });
export const lost = query({ args: {}, handler: async () => gone() });
