import { ConvexError, v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { pageSize } from "./lib/documents";
import { authedMutation, authedQuery } from "./lib/functions";
import { appTables } from "./schema/app";

const { name, description, category, prompt, model, isPublic } =
  appTables.templates.validator.fields;

function mayRead(user: Doc<"users">, template: Doc<"templates">): boolean {
  return template.isPublic || template.authorId === user._id;
}

function requireWritable(
  user: Doc<"users">,
  template: Doc<"templates"> | null,
): void {
  if (
    template === null ||
    (template.authorId !== user._id && user.role !== "admin")
  ) {
    throw new ConvexError({
      code: "not_found",
      message: "No such template of yours",
    });
  }
}

/** The templates of a category, or all, that the user may use. */
export const list = authedQuery({
  args: { category: v.optional(category), limit: v.optional(v.number()) },
  handler: async (ctx, { category, limit }) => {
    const templates = ctx.db.query("templates");
    const some =
      category === undefined
        ? templates
        : templates.withIndex("by_category", (q) => q.eq("category", category));
    return await some
      .filter((q) =>
        q.or(
          q.eq(q.field("isPublic"), true),
          q.eq(q.field("authorId"), ctx.user._id),
        ),
      )
      .take(pageSize(limit));
  },
});

export const get = authedQuery({
  args: { id: v.id("templates") },
  handler: async (ctx, { id }) => {
    const template = await ctx.db.get("templates", id);
    return template !== null && mayRead(ctx.user, template) ? template : null;
  },
});

export const create = authedMutation({
  args: { name, description, category, prompt, model, isPublic },
  handler: async (ctx, args) => {
    const now = Date.now();
    return await ctx.db.insert("templates", {
      ...args,
      authorId: ctx.user._id,
      createdAt: now,
      updatedAt: now,
    });
  },
});

export const update = authedMutation({
  args: {
    id: v.id("templates"),
    name: v.optional(name),
    description,
    prompt: v.optional(prompt),
    model,
    isPublic: v.optional(isPublic),
  },
  handler: async (ctx, { id, ...changes }) => {
    requireWritable(ctx.user, await ctx.db.get("templates", id));
    await ctx.db.patch("templates", id, { ...changes, updatedAt: Date.now() });
  },
});

export const remove = authedMutation({
  args: { id: v.id("templates") },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    requireWritable(ctx.user, await ctx.db.get("templates", id));
    await ctx.db.delete("templates", id);
    return null;
  },
});
