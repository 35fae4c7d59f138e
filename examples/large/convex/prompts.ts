import { v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import type { QueryCtx } from "./_generated/server";
import { userMutation, userQuery } from "./lib/functions";

async function ownPrompt(
  ctx: Pick<QueryCtx, "db"> & { user: Doc<"users"> },
  promptId: Id<"prompts">,
) {
  const prompt = await ctx.db.get(promptId);
  if (prompt?.creatorId !== ctx.user._id) throw new Error("Prompt not found");
  return prompt;
}

/** `{{name}}` in the text, each once. */
function variablesOf(body: string): string[] {
  const found = [...body.matchAll(/\{\{\s*(\w+)\s*\}\}/g)];
  return [...new Set(found.map(([, name]) => name!))];
}

export const list = userQuery({
  args: {},
  handler: async (ctx) =>
    await ctx.db
      .query("prompts")
      .withIndex("by_creator", (q) => q.eq("creatorId", ctx.user._id))
      .order("desc")
      .collect(),
});

export const search = userQuery({
  args: { text: v.string() },
  handler: async (ctx, { text }) =>
    await ctx.db
      .query("prompts")
      .withSearchIndex("search_title", (q) =>
        q.search("title", text).eq("creatorId", ctx.user._id),
      )
      .take(10),
});

export const create = userMutation({
  args: { title: v.string(), body: v.string() },
  handler: async (ctx, { title, body }) =>
    await ctx.db.insert("prompts", {
      creatorId: ctx.user._id,
      title,
      body,
      variables: variablesOf(body),
      favorite: false,
      useCount: 0,
      updatedAt: Date.now(),
    }),
});

export const update = userMutation({
  args: { promptId: v.id("prompts"), title: v.string(), body: v.string() },
  handler: async (ctx, { promptId, title, body }) => {
    await ownPrompt(ctx, promptId);
    await ctx.db.patch(promptId, {
      title,
      body,
      variables: variablesOf(body),
      updatedAt: Date.now(),
    });
  },
});

export const toggleFavorite = userMutation({
  args: { promptId: v.id("prompts") },
  handler: async (ctx, { promptId }) => {
    const { favorite } = await ownPrompt(ctx, promptId);
    await ctx.db.patch(promptId, { favorite: !favorite });
  },
});

/** The text with its variables filled in. */
export const use = userMutation({
  args: { promptId: v.id("prompts"), values: v.record(v.string(), v.string()) },
  handler: async (ctx, { promptId, values }) => {
    const prompt = await ownPrompt(ctx, promptId);
    await ctx.db.patch(promptId, { useCount: prompt.useCount + 1 });
    return prompt.body.replace(
      /\{\{\s*(\w+)\s*\}\}/g,
      (whole, name: string) => values[name] ?? whole,
    );
  },
});

export const remove = userMutation({
  args: { promptId: v.id("prompts") },
  handler: async (ctx, { promptId }) => {
    await ownPrompt(ctx, promptId);
    await ctx.db.delete(promptId);
  },
});

/** A template of the gallery, as one's own prompt. */
export const copyTemplate = userMutation({
  args: { templateId: v.id("templates") },
  handler: async (ctx, { templateId }) => {
    const template = await ctx.db.get(templateId);
    if (!template?.isPublic) throw new Error("Template not found");
    await ctx.db.patch(templateId, { usageCount: template.usageCount + 1 });
    return await ctx.db.insert("prompts", {
      creatorId: ctx.user._id,
      title: template.name,
      body: template.prompt,
      variables: variablesOf(template.prompt),
      favorite: false,
      useCount: 0,
      updatedAt: Date.now(),
    });
  },
});
