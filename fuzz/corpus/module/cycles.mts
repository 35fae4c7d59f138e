export * from "./a";
export { x as default, y } from "./b";
import z, * as w from "./c" with { type: "json" };
export { z, w };
import type { T } from "./d";
export const m = await import("./e");
