import { v } from "convex/values";

/** Whose document it is. */
export const owner = { userId: v.id("users") };

/** Milliseconds since 1970. */
export const timestamps = { createdAt: v.number(), updatedAt: v.number() };

/** One of the given words. */
export function oneOf<const Word extends string>(...words: Word[]) {
  return v.union(...words.map((word) => v.literal(word)));
}

/** How long an embedding is: that of the model in `ai.ts`. */
export const EMBEDDING_DIMENSIONS = 1536;
