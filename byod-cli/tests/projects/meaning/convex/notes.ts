import { v } from "convex/values";
import { internal } from "./_generated/api";
import { mutation } from "./_generated/server";
import { me } from "./user";
// By its name it updates; it also sets what is derived, and schedules.
export const updateNote = mutation({
  args: { noteId: v.id("notes"), content: v.string() },
  handler: async (ctx, { noteId, content }) => {
    const user = await me(ctx);
    const note = await ctx.db.get(noteId);
    if (!note || note.userId !== user._id) throw new Error("Not found");
    await ctx.db.patch(noteId, { content, html: `<p>${content}</p>`, updatedAt: Date.now() });
    await ctx.scheduler.runAfter(0, internal.embed.run, {});
  },
});
