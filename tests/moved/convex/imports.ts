import { v } from "convex/values";
import { api } from "./_generated/api";
import { action } from "./byod/server";

/** Makes a folder, as who calls would, where their data is. */
export const folder = action({
  args: { name: v.string() },
  returns: v.string(),
  handler: async (ctx, { name }): Promise<string> =>
    await ctx.runMutation(api.folders.create, { name }),
});

/** The titles of all notes, as a text. */
export const titles = action({
  args: {},
  returns: v.string(),
  handler: async (ctx): Promise<string> => {
    const titles: string[] = await ctx.runQuery(api.notes.list, {});
    return titles.join(", ");
  },
});
