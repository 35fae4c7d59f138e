import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import {
  action,
  internalMutation,
  internalQuery,
  mutation,
} from "./byod/server";
import { notify } from "./lib/activity";
import { requireUser } from "./lib/auth";
import { insertMessage } from "./lib/messages";
import { rateLimit } from "./lib/rateLimit";

const imported = v.object({
  title: v.string(),
  messages: v.array(
    v.object({
      role: v.union(v.literal("user"), v.literal("assistant")),
      content: v.string(),
    }),
  ),
});

/** What another chat app exported; a few times an hour. */
export const importConversations = mutation({
  args: { conversations: v.array(imported) },
  handler: async (ctx, { conversations }) => {
    const user = await requireUser(ctx);
    await rateLimit(ctx, `import:${user._id}`, 5, 60 * 60 * 1000);
    const now = Date.now();
    for (const { title, messages } of conversations) {
      const conversationId = await ctx.db.insert("conversations", {
        userId: user._id,
        title,
        model: "imported",
        pinned: false,
        archived: false,
        starred: false,
        messageCount: 0,
        lastMessageAt: now,
        createdAt: now,
        updatedAt: now,
      });
      for (const message of messages) {
        await insertMessage(ctx, {
          ...message,
          conversationId,
          userId: user._id,
          status: "complete",
        });
      }
    }
    await notify(ctx, user._id, {
      kind: "import_done",
      title: `${conversations.length} conversations imported`,
    });
  },
});

export const page = internalQuery({
  args: {
    userId: v.id("users"),
    table: v.union(
      v.literal("conversations"),
      v.literal("messages"),
      v.literal("notes"),
      v.literal("tasks"),
    ),
    cursor: v.union(v.string(), v.null()),
  },
  handler: async (ctx, { userId, table, cursor }) =>
    await ctx.db
      .query(table)
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .paginate({ cursor, numItems: 200 }),
});

export const setProgress = internalMutation({
  args: {
    jobId: v.id("jobs"),
    progress: v.number(),
    output: v.optional(v.any()),
  },
  handler: async (ctx, { jobId, progress, output }) => {
    await ctx.db.patch(jobId, {
      progress,
      output,
      status: output ? "done" : "running",
      updatedAt: Date.now(),
    });
  },
});

/** A file with all that one has written; the job says how far it is. */
export const exportAll = action({
  args: {},
  handler: async (ctx): Promise<string | null> => {
    const userId = await ctx.runQuery(internal.users.current, {});
    const jobId = await ctx.runMutation(internal.jobs.start, {
      userId,
      kind: "export",
    });
    const all: Record<string, Doc<"notes" | "tasks" | "messages">[]> = {};
    const tables = ["conversations", "messages", "notes", "tasks"] as const;
    for (const [index, table] of tables.entries()) {
      let cursor: string | null = null;
      const docs = [];
      for (;;) {
        const page: { page: any[]; isDone: boolean; continueCursor: string } =
          await ctx.runQuery(internal.transfer.page, { userId, table, cursor });
        docs.push(...page.page);
        if (page.isDone) break;
        cursor = page.continueCursor;
      }
      all[table] = docs;
      await ctx.runMutation(internal.transfer.setProgress, {
        jobId,
        progress: (index + 1) / tables.length,
      });
    }
    const blob = new Blob([JSON.stringify(all)], { type: "application/json" });
    const storageId = await ctx.storage.store(blob);
    await ctx.runMutation(internal.transfer.setProgress, {
      jobId,
      progress: 1,
      output: storageId,
    });
    return await ctx.storage.getUrl(storageId);
  },
});
