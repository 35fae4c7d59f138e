import { v } from "convex/values";
import { mutation, query } from "../_generated/server";
import { assertOwner } from "../lib/access";
import { requireUser } from "../lib/auth";
import { bumpTag } from "../lib/cascade";

/** All of a task's tags at once, as the picker sends them. */
export const set = mutation({
  args: { taskId: v.id("tasks"), tagIds: v.array(v.id("tags")) },
  handler: async (ctx, { taskId, tagIds }) => {
    const user = await requireUser(ctx);
    assertOwner(await ctx.db.get(taskId), user._id, "Task");
    const joins = await ctx.db
      .query("taskTags")
      .withIndex("by_task", (q) => q.eq("taskId", taskId))
      .collect();
    for (const join of joins) {
      if (tagIds.includes(join.tagId)) continue;
      await ctx.db.delete(join._id);
      await bumpTag(ctx, join.tagId, -1);
    }
    const known = joins.map((join) => join.tagId);
    for (const tagId of tagIds.filter((id) => !known.includes(id))) {
      assertOwner(await ctx.db.get(tagId), user._id, "Tag");
      await ctx.db.insert("taskTags", { userId: user._id, taskId, tagId });
      await bumpTag(ctx, tagId, 1);
    }
  },
});

export const tasksWith = query({
  args: { tagId: v.id("tags") },
  handler: async (ctx, { tagId }) => {
    const user = await requireUser(ctx);
    const joins = await ctx.db
      .query("taskTags")
      .withIndex("by_tag", (q) => q.eq("tagId", tagId))
      .collect();
    const tasks = await Promise.all(
      joins
        .filter((join) => join.userId === user._id)
        .map((join) => ctx.db.get(join.taskId)),
    );
    return tasks.filter((task) => task !== null);
  },
});
