import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { isSigned } from "./lib/webhooks";

/** What the auth provider sends when an account changes. */
type AuthEvent =
  | {
      type: "user.created" | "user.updated";
      data: { subject: string; email: string; name: string; imageUrl?: string };
    }
  | { type: "user.deleted"; data: { subject: string } };

const http = httpRouter();

http.route({
  path: "/webhooks/auth",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const secret = process.env.AUTH_WEBHOOK_SECRET;
    if (!secret)
      return new Response("AUTH_WEBHOOK_SECRET is not set", { status: 500 });
    const body = await request.text();
    if (
      !(await isSigned(body, request.headers.get("x-signature") ?? "", secret))
    ) {
      return new Response("Wrong signature", { status: 401 });
    }
    const event: AuthEvent = JSON.parse(body);
    switch (event.type) {
      case "user.created":
      case "user.updated":
        await ctx.runMutation(internal.users.upsert, event.data);
        break;
      case "user.deleted":
        await ctx.runMutation(internal.users.remove, {
          subject: event.data.subject,
        });
        break;
    }
    return new Response(null, { status: 204 });
  }),
});

export default http;
