import { DirectAggregate, TableAggregate } from "@convex-dev/aggregate";
import { MINUTE, RateLimiter } from "@convex-dev/rate-limiter";
import { ShardedCounter } from "@convex-dev/sharded-counter";
import { Workpool } from "@convex-dev/workpool";
import { components } from "../_generated/api";
import type { DataModel, Id } from "../_generated/dataModel";

/** Notes of each user by their time. */
export const noteCounts = new TableAggregate<{
  Namespace: Id<"users">;
  Key: number;
  DataModel: DataModel;
  TableName: "notes";
}>(components.noteCounts, {
  namespace: (note) => note.userId,
  sortKey: (note) => note.createdAt,
});

export const lengths = new DirectAggregate<{ Key: number; Id: string }>(
  components.lengths,
);

export const limiter = new RateLimiter(components.rateLimiter, {
  write: { kind: "token bucket", rate: 3, period: MINUTE },
});

export const visits = new ShardedCounter(components.visits);

export const pool = new Workpool(components.workpool, { maxParallelism: 2 });
