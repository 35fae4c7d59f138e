import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";

/** A line of the user's timeline. */
export async function logActivity(
  ctx: MutationCtx,
  userId: Id<"users">,
  kind: string,
  target: string,
  targetId: string,
  summary: string,
) {
  await ctx.db.insert("activityEvents", {
    userId,
    kind,
    target,
    targetId,
    summary,
    createdAt: Date.now(),
  });
}

/** A row under the bell. */
export async function notify(
  ctx: MutationCtx,
  userId: Id<"users">,
  notification: Pick<Doc<"notifications">, "kind" | "title" | "body" | "link">,
) {
  await ctx.db.insert("notifications", {
    userId,
    ...notification,
    createdAt: Date.now(),
  });
}

/** What an admin did, for the others. */
export async function audit(
  ctx: MutationCtx,
  actorId: Id<"users">,
  action: string,
  target?: string,
  details?: unknown,
) {
  await ctx.db.insert("auditLogs", {
    actorId,
    action,
    target,
    details,
    createdAt: Date.now(),
  });
}
