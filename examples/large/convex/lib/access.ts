import { ConvexError } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

type Ctx = QueryCtx | MutationCtx;

/** The conversation, if it is the user's. */
export async function requireConversation(
  ctx: Ctx,
  userId: Id<"users">,
  conversationId: Id<"conversations">,
): Promise<Doc<"conversations">> {
  const conversation = await ctx.db.get(conversationId);
  if (!conversation || conversation.userId !== userId) {
    throw new ConvexError("Conversation not found");
  }
  return conversation;
}

/** The message, if it is in a conversation of the user. */
export async function requireMessage(
  ctx: Ctx,
  userId: Id<"users">,
  messageId: Id<"messages">,
): Promise<Doc<"messages">> {
  const message = await ctx.db.get(messageId);
  if (!message || message.userId !== userId) {
    throw new ConvexError("Message not found");
  }
  return message;
}

export async function requireProject(
  ctx: Ctx,
  userId: Id<"users">,
  projectId: Id<"projects">,
): Promise<Doc<"projects">> {
  const project = await ctx.db.get(projectId);
  if (!project || project.userId !== userId) {
    throw new ConvexError("Project not found");
  }
  return project;
}

/** Any document that has the user's id, whatever table it is of. */
export function assertOwner<D extends { userId: Id<"users"> }>(
  doc: D | null,
  userId: Id<"users">,
  what = "Document",
): asserts doc is D {
  if (doc === null || doc.userId !== userId) {
    throw new ConvexError(`${what} not found`);
  }
}
