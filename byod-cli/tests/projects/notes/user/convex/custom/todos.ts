import { v } from "convex/values";
import { ownerMutation } from "../byod/owner";

/** Written by hand: `byod export` takes it up. */
export const toggle = ownerMutation({
  args: { id: v.id("todos") },
  handler: async (ctx, { id }) => {
    const todo = await ctx.db.get(id);
    if (todo) await ctx.db.patch(id, { done: !todo.done });
    return null;
  },
});
