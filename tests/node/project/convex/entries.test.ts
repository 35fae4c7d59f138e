import { query } from "./_generated/server";

export const hidden = query({ args: {}, handler: async () => "no module" });
