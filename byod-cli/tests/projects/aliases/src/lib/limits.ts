import { base } from "./base";
import type { Doc } from "../../convex/_generated/dataModel";

/** How many lines are shown. */
export const limit = base * 2;

export const lengthOf = (log: Doc<"logs">) => log.text.length;
