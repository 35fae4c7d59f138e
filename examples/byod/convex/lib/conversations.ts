// Written by `byod export`.

import type { Id } from "../_generated/dataModel";
import type { MutationCtx } from "../byod/owner";

/** Every table whose documents go with their conversation. */
const PARTS = [
  "messages",
  "toolCalls",
  "sources",
  "attachments",
  "bookmarks",
  "conversationParticipants",
  "conversationTags",
  "projectConversations",
] as const;

/** Deletes a conversation with everything in it. */
export async function deleteConversation(
  ctx: MutationCtx,
  id: Id<"conversations">,
) {
  for (const table of PARTS) {
    const parts = ctx.db
      .query(table)
      .withIndex("by_conversation", (q) => q.eq("conversationId", id));
    for await (const part of parts) await ctx.db.delete(table, part._id);
  }
  await ctx.db.delete("conversations", id);
}
