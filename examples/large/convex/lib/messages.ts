import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { addMessageToCount } from "./aggregates";

type NewMessage = Pick<
  Doc<"messages">,
  "conversationId" | "userId" | "role" | "content" | "status"
> &
  Partial<
    Pick<
      Doc<"messages">,
      "model" | "parentMessageId" | "branchId" | "comparisonGroup"
    >
  >;

/** Writes a message and moves its conversation to the top. */
export async function insertMessage(
  ctx: MutationCtx,
  message: NewMessage,
): Promise<Id<"messages">> {
  const now = Date.now();
  const id = await ctx.db.insert("messages", {
    ...message,
    createdAt: now,
    updatedAt: now,
  });
  const conversation = await ctx.db.get(message.conversationId);
  if (conversation) {
    await ctx.db.patch(conversation._id, {
      messageCount: conversation.messageCount + 1,
      lastMessageAt: now,
      updatedAt: now,
    });
  }
  const inserted = await ctx.db.get(id);
  if (inserted) await addMessageToCount(ctx, inserted);
  return id;
}
