import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.interval(
  "fail stuck answers",
  { minutes: 5 },
  internal.messages.failStuck,
);
crons.interval("remind of tasks", { hours: 1 }, internal.tasks.remind);
crons.interval(
  "remove expired shares",
  { hours: 1 },
  internal.shares.removeExpired,
);
crons.interval(
  "remove expired login codes",
  { minutes: 30 },
  internal.cliAuth.removeExpiredCodes,
);
crons.daily(
  "forget memories",
  { hourUTC: 3, minuteUTC: 0 },
  internal.memories.internal.removeExpired,
);
crons.daily(
  "empty the speech cache",
  { hourUTC: 3, minuteUTC: 15 },
  internal.ttsCache.removeOld,
);
crons.daily(
  "remove old notifications",
  { hourUTC: 3, minuteUTC: 30 },
  internal.notifications.removeOld,
);
crons.daily(
  "remove old jobs",
  { hourUTC: 3, minuteUTC: 45 },
  internal.jobs.removeOld,
);
crons.weekly(
  "remove forgotten conversations",
  { dayOfWeek: "sunday", hourUTC: 4, minuteUTC: 0 },
  internal.conversations.internal.removeForgotten,
);
crons.weekly(
  "shorten timelines",
  { dayOfWeek: "sunday", hourUTC: 4, minuteUTC: 30 },
  internal.activity.removeOld,
  { days: 365 },
);

export default crons;
