import { query } from "../_generated/server";
import * as rules from "./rules";
import { limits } from "./rules";

export const added = rules.add(1);

export const all = query({ args: {}, handler: async () => limits });
