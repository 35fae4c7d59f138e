import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import {
  assertOwner,
  requireConversation,
  requireProject,
} from "../lib/access";
import { requireUser } from "../lib/auth";

export const addConversation = mutation({
  args: {
    projectId: v.id("projects"),
    conversationId: v.id("conversations"),
  },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await requireProject(ctx, user._id, args.projectId);
    await requireConversation(ctx, user._id, args.conversationId);
    const existing = await ctx.db
      .query("projectConversations")
      .withIndex("by_project_conversation", (q) =>
        q
          .eq("projectId", args.projectId)
          .eq("conversationId", args.conversationId),
      )
      .unique();
    if (existing) return;
    await ctx.db.insert("projectConversations", {
      ...args,
      addedAt: Date.now(),
    });
    await ctx.db.patch(args.conversationId, { projectId: args.projectId });
  },
});

export const removeConversation = mutation({
  args: {
    projectId: v.id("projects"),
    conversationId: v.id("conversations"),
  },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await requireProject(ctx, user._id, args.projectId);
    const join = await ctx.db
      .query("projectConversations")
      .withIndex("by_project_conversation", (q) =>
        q
          .eq("projectId", args.projectId)
          .eq("conversationId", args.conversationId),
      )
      .unique();
    if (!join) return;
    await ctx.db.delete(join._id);
    await ctx.db.patch(args.conversationId, { projectId: undefined });
  },
});

export const addNote = mutation({
  args: { projectId: v.id("projects"), noteId: v.id("notes") },
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    await requireProject(ctx, user._id, args.projectId);
    assertOwner(await ctx.db.get(args.noteId), user._id, "Note");
    await ctx.db.insert("projectNotes", { ...args, addedAt: Date.now() });
  },
});

export const removeNote = mutation({
  args: { linkId: v.id("projectNotes") },
  handler: async (ctx, { linkId }) => {
    const user = await requireUser(ctx);
    const link = await ctx.db.get(linkId);
    if (!link) return;
    await requireProject(ctx, user._id, link.projectId);
    await ctx.db.delete(linkId);
  },
});

/** Everything in a project, for its page. */
export const all = query({
  args: { projectId: v.id("projects") },
  handler: async (ctx, { projectId }) => {
    const user = await requireUser(ctx);
    await requireProject(ctx, user._id, projectId);
    const chats = await ctx.db
      .query("projectConversations")
      .withIndex("by_project", (q) => q.eq("projectId", projectId))
      .collect();
    const links = await ctx.db
      .query("projectNotes")
      .withIndex("by_project", (q) => q.eq("projectId", projectId))
      .collect();
    const files = await ctx.db
      .query("files")
      .withIndex("by_project", (q) => q.eq("projectId", projectId))
      .collect();
    const conversations = await Promise.all(
      chats.map((chat) => ctx.db.get(chat.conversationId)),
    );
    const notes = await Promise.all(
      links.map((link) => ctx.db.get(link.noteId)),
    );
    return {
      conversations: conversations.filter((doc) => doc !== null),
      notes: notes.filter((doc) => doc !== null),
      files,
    };
  },
});
