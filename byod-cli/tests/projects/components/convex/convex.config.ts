import aggregate from "@convex-dev/aggregate/convex.config";
import rateLimiter from "@convex-dev/rate-limiter/convex.config.js";
import shardedCounter from "@convex-dev/sharded-counter/convex.config";
import workpool from "@convex-dev/workpool/convex.config";
import { defineApp } from "convex/server";

const app = defineApp();
app.use(aggregate, { name: "noteCounts", httpPrefix: "/counts/" });
app.use(aggregate, { name: "lengths" });
app.use(rateLimiter);
app.use(shardedCounter, { name: "visits" });
app.use(workpool);

export default app;
