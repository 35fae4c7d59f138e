import { v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import {
  mutation,
  query,
  type DatabaseReader,
  type DatabaseWriter,
} from "./_generated/server";
import { requireUser } from "./lib/auth";

async function titleOf(db: DatabaseReader, id: Id<"conversations">) {
  return (await db.get(id))?.title ?? "Untitled";
}

/** Marks an answer as looked after: an empty rating goes, a task remains. */
async function settle(
  db: DatabaseWriter,
  userId: Id<"users">,
  messageId: Id<"messages">,
) {
  const message = await db.get(messageId);
  if (message?.userId !== userId) return false;
  await db.patch(messageId, { error: undefined, status: "complete" });
  return true;
}

/** Answers that failed, or were stopped. */
export const broken = query({
  args: {},
  handler: async ({ db, auth, ...rest }) => {
    const user = await requireUser({ db, auth, ...rest });
    const newest = await db
      .query("messages")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .order("desc")
      .take(200);
    const broken = newest.filter(({ status }) =>
      ["error", "stopped"].includes(status),
    );
    return await Promise.all(
      broken.map(async ({ _id, conversationId, error }) => ({
        messageId: _id,
        title: await titleOf(db, conversationId),
        error: error ?? null,
      })),
    );
  },
});

export const dismiss = mutation({
  args: { messageIds: v.array(v.id("messages")) },
  handler: async (ctx, { messageIds }) => {
    const user = await requireUser(ctx);
    const { db } = ctx;
    const settled = await Promise.all(
      messageIds.map((id) => settle(db, user._id, id)),
    );
    return settled.filter(Boolean).length;
  },
});

/** Which of the bell's rows still lead somewhere. */
export const deadLinks = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const database = ctx.db;
    const rows = await database
      .query("notifications")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .take(50);
    const dead = [];
    for (const row of rows) {
      const id = database.normalizeId("tasks", row.link?.split("/")[2] ?? "");
      if (id && !(await database.get(id))) dead.push(row._id);
    }
    return dead;
  },
});
