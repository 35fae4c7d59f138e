import { ConvexError } from "convex/values";

/** What an error says to the user. */
export function said(error: unknown): string {
  if (error instanceof ConvexError) {
    const { message, reason } = error.data as { message?: string; reason?: string };
    return reason ?? message ?? JSON.stringify(error.data);
  }
  return error instanceof Error ? error.message : String(error);
}
