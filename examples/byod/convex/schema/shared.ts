// Written by `byod export`.

import { v } from "convex/values";

/** One of the given words. */
export function oneOf<const Word extends string>(...words: Word[]) {
  return v.union(...words.map((word) => v.literal(word)));
}
