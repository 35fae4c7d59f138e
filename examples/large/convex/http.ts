import { httpRouter } from "convex/server";
import { api, internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { httpAction } from "./byod/server";
import { sha256 } from "./lib/crypto";

const http = httpRouter();

function signedBy(request: Request, secret: string | undefined): boolean {
  return !!secret && request.headers.get("x-webhook-secret") === secret;
}

http.route({
  path: "/webhooks/clerk",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    if (!signedBy(request, process.env.CLERK_WEBHOOK_SECRET)) {
      return new Response("Wrong secret", { status: 401 });
    }
    const { type, data } = await request.json();
    if (type === "user.deleted") {
      await ctx.runMutation(internal.users.deleteFromClerk, {
        clerkId: data.id,
      });
    } else {
      await ctx.runMutation(internal.users.upsertFromClerk, {
        clerkId: data.id,
        email: data.email_addresses[0]?.email_address ?? "",
        name: [data.first_name, data.last_name].filter(Boolean).join(" "),
        imageUrl: data.image_url,
      });
    }
    return new Response(null, { status: 204 });
  }),
});

http.route({
  path: "/webhooks/stripe",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    if (!signedBy(request, process.env.STRIPE_WEBHOOK_SECRET)) {
      return new Response("Wrong secret", { status: 401 });
    }
    const { data } = await request.json();
    const subscription = data.object;
    await ctx.runMutation(internal.billing.syncSubscription, {
      userId: subscription.metadata.userId as Id<"users">,
      plan: subscription.metadata.plan,
      externalId: subscription.id,
      status: subscription.status,
      currentPeriodEnd: subscription.current_period_end * 1000,
      cancelAtPeriodEnd: subscription.cancel_at_period_end,
    });
    return new Response(null, { status: 204 });
  }),
});

/** What the command line downloads: a conversation as text. */
http.route({
  pathPrefix: "/cli/conversations/",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const token = request.headers.get("authorization")?.slice(7) ?? "";
    const id = new URL(request.url).pathname.split("/").at(-1);
    const messages = await ctx.runQuery(api.cli.messages, {
      token,
      conversationId: id as Id<"conversations">,
    });
    const text = messages.map((m) => `${m.role}: ${m.content}`).join("\n\n");
    return new Response(text, { headers: { ETag: await sha256(text) } });
  }),
});

export default http;
