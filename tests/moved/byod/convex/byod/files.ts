// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "./owner";

// What main's actions do with files here. Files have no owner: who knows the id of one
// reaches it.

const args = { id: v.string() };

/** Where a file can be put. */
export const uploadUrl = ownerMutation({
  args: {},
  handler: async (ctx) => await ctx.storage.generateUploadUrl(),
});

/** Where a file is; null where it isn't here. */
export const url = ownerQuery({
  args,
  handler: async (ctx, { id }) => {
    const known = ctx.db.system.normalizeId("_storage", id);
    return known === null ? null : await ctx.storage.getUrl(known);
  },
});

/** Deletes a file: whether it was here. */
export const remove = ownerMutation({
  args,
  handler: async (ctx, { id }) => {
    const known = ctx.db.system.normalizeId("_storage", id);
    if (known === null || (await ctx.db.system.get(known)) === null)
      return false;
    await ctx.storage.delete(known);
    return true;
  },
});
