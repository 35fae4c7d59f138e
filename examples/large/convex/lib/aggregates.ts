import { TableAggregate } from "@convex-dev/aggregate";
import { components } from "../_generated/api";
import type { DataModel, Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

/** Messages per user and time, counted without reading them. */
const messageCounts = new TableAggregate<{
  Namespace: Id<"users">;
  Key: number;
  DataModel: DataModel;
  TableName: "messages";
}>(components.messageCounts, {
  namespace: (message) => message.userId,
  sortKey: (message) => message.createdAt,
});

export async function addMessageToCount(
  ctx: MutationCtx,
  message: Doc<"messages">,
) {
  await messageCounts.insertIfDoesNotExist(ctx, message);
}

export async function removeMessageFromCount(
  ctx: MutationCtx,
  message: Doc<"messages">,
) {
  await messageCounts.deleteIfExists(ctx, message);
}

/** How many messages a user has written and got since then. */
export async function countMessagesSince(
  ctx: QueryCtx,
  userId: Id<"users">,
  since: number,
): Promise<number> {
  return await messageCounts.count(ctx, {
    namespace: userId,
    bounds: { lower: { key: since, inclusive: true } },
  });
}
