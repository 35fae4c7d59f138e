/** Good enough before a provider says how many they were. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** The day in UTC, as `2026-01-31`. */
export function dayOf(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 10);
}

export const DAY_MS = 24 * 60 * 60 * 1000;
