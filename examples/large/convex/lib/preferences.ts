import type { Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { DEFAULT_MODEL } from "@/lib/models";

export const PREFERENCE_DEFAULTS = {
  theme: "system",
  defaultModel: DEFAULT_MODEL as string,
  sendOnEnter: true,
  autoTitle: true,
  memoryEnabled: true,
  monthlyBudget: 0,
  customInstructions: "",
  noteSort: "updated",
};

export type PreferenceKey = keyof typeof PREFERENCE_DEFAULTS;

/** One preference, or what it is for those who never set it. */
export async function getPreference<K extends PreferenceKey>(
  ctx: QueryCtx | MutationCtx,
  userId: Id<"users">,
  key: K,
): Promise<(typeof PREFERENCE_DEFAULTS)[K]> {
  const row = await ctx.db
    .query("userPreferences")
    .withIndex("by_user_key", (q) => q.eq("userId", userId).eq("key", key))
    .unique();
  return row ? row.value : PREFERENCE_DEFAULTS[key];
}
