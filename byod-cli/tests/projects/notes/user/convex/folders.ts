// Written by `byod export`.

import { v } from "convex/values";
import { ownerMutation, ownerQuery, type Caller } from "./byod/owner";
import schema from "./schema";

export { count, rename as setName };

/** Who calls. Main looks them up; here it is the owner. */
export async function requireUser(ctx: Caller) {
  return { _id: ctx.owner };
}

const isMine = (folder: { userId: string }, userId: string) =>
  folder.userId === userId;

export const list = ownerQuery({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const all = await ctx.db.query("folders").collect();
    return all.filter((folder) => isMine(folder, user._id));
  },
});
export const rename = ownerMutation({
  args: { id: v.id("folders"), name: v.string() },
  handler: async (ctx, { id, name }) => {
    const user = await requireUser(ctx);
    const folder = await ctx.db.get(id);
    if (folder?.userId !== user._id) throw new Error("Not yours");
    await ctx.db.patch(id, { name, updatedAt: ctx.time() });
  },
});

// `planOf` is missing, because main's needs `plan` of what `requireUser` gives,
// which uses main's table `users`. Write it in custom/folders.ts.

// `listArchived` is missing, because main's reads `process.env`, which users'
// deployments don't have. Write it in custom/folders.ts.

// `get` is missing, because main's reads `process.env`, which users'
// deployments don't have. Write it in custom/folders.ts.

const count = ownerQuery({
  args: {},
  returns: v.number(),
  handler: async (ctx) => (await ctx.db.query("folders").collect()).length,
});

/** Which fields a folder has. */
export const fields = ownerQuery({
  args: {},
  handler: async () => Object.keys(schema.tables.folders.validator.fields),
});
