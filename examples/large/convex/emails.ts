import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalMutation } from "./_generated/server";

export const queue = internalMutation({
  args: {
    userId: v.optional(v.id("users")),
    to: v.string(),
    template: v.string(),
  },
  handler: async (ctx, args) =>
    await ctx.db.insert("emailLog", {
      ...args,
      status: "queued",
      createdAt: Date.now(),
    }),
});

export const settle = internalMutation({
  args: { id: v.id("emailLog"), error: v.optional(v.string()) },
  handler: async (ctx, { id, error }) => {
    await ctx.db.patch(id, { status: error ? "failed" : "sent", error });
  },
});

async function post(to: string, template: string): Promise<string | undefined> {
  const response = await fetch("https://api.resend.com/emails", {
    method: "POST",
    headers: {
      Authorization: `Bearer ${process.env.RESEND_API_KEY}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ from: "hi@parley.example", to, template }),
  });
  return response.ok ? undefined : `Resend answered ${response.status}`;
}

export const sendWelcome = internalAction({
  args: { userId: v.id("users") },
  handler: async (ctx, { userId }) => {
    const user = await ctx.runQuery(internal.users.getById, { userId });
    if (!user?.email) return;
    const template = "welcome";
    const id = await ctx.runMutation(internal.emails.queue, {
      userId,
      to: user.email,
      template,
    });
    const error = await post(user.email, template);
    await ctx.runMutation(internal.emails.settle, { id, error });
  },
});

export const sendInvitation = internalAction({
  args: { to: v.string(), team: v.string() },
  handler: async (ctx, { to, team }) => {
    const template = `invitation:${team}`;
    const id = await ctx.runMutation(internal.emails.queue, { to, template });
    const error = await post(to, template);
    await ctx.runMutation(internal.emails.settle, { id, error });
  },
});
