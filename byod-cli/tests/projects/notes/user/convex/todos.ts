// Written by `byod export`.

import { v } from "convex/values";
import { getAuthUserId } from "./byod/caller";
import { ownerMutation } from "./byod/owner";

export { toggle } from "./custom/todos";

// `list` is missing, because main's takes the owner `userId` as
// v.optional(v.string()), not as a required string. Write it in
// custom/todos.ts.

export const add = ownerMutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const userId = await getAuthUserId(ctx);
    if (userId === null) throw new Error("Sign in");
    return await ctx.db.insert("todos", { userId, text, done: false });
  },
});
