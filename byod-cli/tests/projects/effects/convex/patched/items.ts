import { query } from "../_generated/server";
function patch() {
  Number.prototype.toFixed = () => "patched";
  return true;
}
export const done = patch();

export const all = query({ args: {}, handler: async () => (1).toFixed(2) });
