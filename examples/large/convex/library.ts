import {
  getAll,
  getManyFrom,
  getManyVia,
} from "convex-helpers/server/relationships";
import { v } from "convex/values";
import { query } from "./_generated/server";
import { requireConversation } from "./lib/access";
import { requireUser } from "./lib/auth";

/** All that one has kept, for the library's page. */
export const kept = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const [bookmarks, snippets] = await Promise.all([
      getManyFrom(ctx.db, "bookmarks", "by_user", user._id, "userId"),
      getManyFrom(ctx.db, "snippets", "by_user", user._id, "userId"),
    ]);
    return { bookmarks, snippets };
  },
});

export const notesByIds = query({
  args: { noteIds: v.array(v.id("notes")) },
  handler: async (ctx, { noteIds }) => {
    const user = await requireUser(ctx);
    const notes = await getAll(ctx.db, noteIds);
    return notes.filter((note) => note?.userId === user._id);
  },
});

export const tagsOfConversation = query({
  args: { conversationId: v.id("conversations") },
  handler: async (ctx, { conversationId }) => {
    const user = await requireUser(ctx);
    await requireConversation(ctx, user._id, conversationId);
    const tags = await getManyVia(
      ctx.db,
      "conversationTags",
      "tagId",
      "by_conversation",
      conversationId,
      "conversationId",
    );
    return tags.filter((tag) => tag !== null);
  },
});
