import { something } from "a-package-that-is-not-installed";
import { query } from "./_generated/server";

export const call = query({ args: {}, handler: async () => something() });
