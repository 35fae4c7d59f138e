import { query } from "../_generated/server";
import { limits } from "./limits";
import * as rules from "./rules";

export const added = rules.add(limits);

export const all = query({ args: {}, handler: async () => limits });
