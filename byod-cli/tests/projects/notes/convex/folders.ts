import { v } from "convex/values";
import { mutation, query, type QueryCtx } from "./_generated/server";
import schema from "./schema";
import type { Id } from "./_generated/dataModel";

async function requireUser(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) throw new Error("Not signed in");
  const user = await ctx.db
    .query("users")
    .withIndex("by_token", (q) =>
      q.eq("tokenIdentifier", identity.tokenIdentifier),
    )
    .unique();
  if (user === null) throw new Error("No such user");
  return user;
}

const isMine = (folder: { userId: Id<"users"> }, userId: Id<"users">) =>
  folder.userId === userId;

export const list = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const all = await ctx.db.query("folders").collect();
    return all.filter((folder) => isMine(folder, user._id));
  },
});
export const rename = mutation({
  args: { id: v.id("folders"), name: v.string() },
  handler: async (ctx, { id, name }) => {
    const user = await requireUser(ctx);
    const folder = await ctx.db.get(id);
    if (folder?.userId !== user._id) throw new Error("Not yours");
    await ctx.db.patch(id, { name, updatedAt: Date.now() });
  },
});
export const planOf = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    return user.plan;
  },
});
export const listArchived = query({
  args: { archived: v.boolean() },
  handler: async (ctx, args) => {
    const plan = process.env.PLAN;
    return [];
  },
});
export const get = query({
  args: { id: v.id("folders") },
  returns: v.union(
    v.null(),
    v.object({ _id: v.id("folders"), name: v.string() }),
  ),
  handler: async (ctx, args) => {
    const plan = process.env.PLAN;
    return null;
  },
});

const count = query({
  args: {},
  returns: v.number(),
  handler: async (ctx) => (await ctx.db.query("folders").collect()).length,
});
export { count, rename as setName };

/** Which fields a folder has. */
export const fields = query({
  args: {},
  handler: async () => Object.keys(schema.tables.folders.validator.fields),
});
