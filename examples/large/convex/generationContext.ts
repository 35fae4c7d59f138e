import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { getPreference } from "./lib/preferences";

/** What the model is told: the person's and the project's instructions, the history. */
export const load = internalQuery({
  args: {
    conversationId: v.id("conversations"),
    messageId: v.id("messages"),
  },
  handler: async (ctx, args) => {
    const conversation = await ctx.db.get(args.conversationId);
    if (!conversation) throw new Error("Conversation not found");
    const { userId } = conversation;
    const project = conversation.projectId
      ? await ctx.db.get(conversation.projectId)
      : null;
    const history = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversation._id),
      )
      .order("desc")
      .take(50);
    const messages = history
      .filter((message) => message._id !== args.messageId)
      .filter((message) => message.status === "complete")
      .reverse()
      .map(({ role, content }) => ({ role, content }));
    const own = await getPreference(ctx, userId, "customInstructions");
    return {
      system: [conversation.systemPrompt, project?.instructions, own]
        .filter(Boolean)
        .join("\n\n"),
      messages,
      memoryEnabled: await getPreference(ctx, userId, "memoryEnabled"),
    };
  },
});
