import { v } from "convex/values";
import { query } from "../_generated/server";
import { requireConversation } from "../lib/access";
import { requireUser } from "../lib/auth";

export const asMarkdown = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    const user = await requireUser(ctx);
    const { title } = await requireConversation(ctx, user._id, conversationId);
    const lines = [`# ${title}`];
    const messages = ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      );
    for await (const message of messages) {
      lines.push(`**${message.role}**`, message.content);
      const sources = await ctx.db
        .query("sources")
        .withIndex("by_message", (q) => q.eq("messageId", message._id))
        .collect();
      for (const { title, url } of sources) lines.push(`- [${title}](${url})`);
    }
    return lines.join("\n\n");
  },
});

/** With the person's name on it, for a PDF. */
export const asDocument = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    const user = await requireUser(ctx);
    const conversation = await requireConversation(
      ctx,
      user._id,
      conversationId,
    );
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) =>
        q.eq("conversationId", conversationId),
      )
      .collect();
    return {
      title: conversation.title,
      author: user.name,
      date: new Date(conversation.createdAt).toISOString(),
      messages: messages.map(({ role, content }) => ({ role, content })),
    };
  },
});
