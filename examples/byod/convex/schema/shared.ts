import { v } from "convex/values";

/**
 * Whose document it is: the user's subject at the auth provider.
 *
 * Functions take it as an argument, so they are internal: only who has the
 * deploy key, the service, may say which user it calls for.
 */
export const owner = { userId: v.string() };

/** Milliseconds since 1970. */
export const timestamps = { createdAt: v.number(), updatedAt: v.number() };

/** One of the given words. */
export function oneOf<const Word extends string>(...words: Word[]) {
  return v.union(...words.map((word) => v.literal(word)));
}

/** How long an embedding is: that of the model in main's `ai.ts`. */
export const EMBEDDING_DIMENSIONS = 1536;
