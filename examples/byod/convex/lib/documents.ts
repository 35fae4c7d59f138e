// Written by `byod export`.

import { ConvexError } from "convex/values";

/** The document, or null where there is none or it is somebody else's. */
export function ownedOrNull<D extends { userId: string }>(
  userId: string,
  doc: D | null,
): D | null {
  return doc?.userId === userId ? doc : null;
}

/** The document. Throws where there is none or it is somebody else's. */
export function owned<D extends { userId: string }>(
  userId: string,
  doc: D | null,
): D {
  if (doc?.userId !== userId) {
    throw new ConvexError({ code: "not_found", message: "No such document" });
  }
  return doc;
}

/** How many documents to return: what the caller asked for, between 1 and 500. */
export function pageSize(limit: number | undefined): number {
  return Math.min(Math.max(Math.floor(limit ?? 50), 1), 500);
}
