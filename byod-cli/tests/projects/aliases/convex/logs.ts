import { limit, lengthOf } from "@/lib/limits";
import { gone } from "@/lib/gone";
import fields from "~/lib/fields";
import tidy from "~/lib/tidy";
import { loud } from "./lib/loud";
import { mutation, query } from "./_generated/server";

export default query({
  args: {},
  handler: async (ctx) => await ctx.db.query("logs").take(limit),
});
export const longest = query({
  args: {},
  handler: async (ctx) =>
    Math.max(0, ...(await ctx.db.query("logs").collect()).map(lengthOf)),
});
export const add = mutation({
  args: fields,
  handler: async (ctx, { text }) => {
    const identity = await ctx.auth.getUserIdentity();
    if (identity === null) throw new Error("Sign in");
    const userId = identity.subject;
    return await ctx.db.insert("logs", { userId, text: loud(tidy(text)) });
  },
});
export const lost = query({
  args: {},
  handler: async () => gone(),
});
