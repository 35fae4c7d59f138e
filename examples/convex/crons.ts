import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.interval(
  "remove expired shares",
  { hours: 1 },
  internal.shares.removeExpired,
);
crons.daily(
  "remove old notifications",
  { hourUTC: 3, minuteUTC: 30 },
  internal.notifications.removeOld,
);

export default crons;
