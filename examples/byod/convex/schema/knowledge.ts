// Written by `byod export`.

import { v } from "convex/values";
import { oneOf } from "./shared";

export const memoryKind = oneOf("fact", "preference", "instruction", "event");

/** What a memory was learnt from. */
export const memorySource = v.union(
  v.object({
    kind: v.literal("conversation"),
    conversationId: v.id("conversations"),
  }),
  v.object({ kind: v.literal("note"), noteId: v.id("notes") }),
  v.object({ kind: v.literal("user") }),
);
