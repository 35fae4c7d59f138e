// Written by `byod export`.

import { v } from "convex/values";
import {
  internalMutation,
  internalQuery,
  type ActionCtx,
  type DatabaseReader,
} from "../_generated/server";

// Several users are on this deployment, by `deployments = "shared"` in byod.toml:
// no claim is kept. What each of them reaches is in `tables`.

const shared = v.literal("shared");
const who = { subject: v.optional(v.string()), user: v.optional(v.string()) };

export const claim = internalMutation({
  args: { subject: v.string(), user: v.string() },
  returns: shared,
  handler: async () => "shared" as const,
});

export const state = internalQuery({
  args: who,
  returns: shared,
  handler: async () => "shared" as const,
});

export const release = internalMutation({
  args: who,
  returns: shared,
  handler: async () => "shared" as const,
});

/** The deployment is everybody's who is let in. */
export async function check(_db: DatabaseReader, _subject: string) {}

/** The same, in an action. */
export async function checkInAction(_ctx: ActionCtx, _subject: string) {}
